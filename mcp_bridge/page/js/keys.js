/** Keys that work everywhere on the page but in fields, and the list of them for the help. */

import { signal, useEffect, useRef } from "./ui.js";

/**
 * @typedef {object} Binding
 * @property {string} keys what is pressed, one or several, as in "ArrowDown j"
 * @property {string} does what it does, for the help
 * @property {(event: KeyboardEvent) => void} act
 * @property {boolean} [inFields] whether it also works while somebody writes
 */

/** The groups of bindings in force: `{title, bindings}`. */
export const groups = signal([]);

/**
 * Bind keys while a component is there.
 * @param {string} title of the group in the help
 * @param {Binding[]} bindings may be new ones in each rendering; their keys may not change
 */
export function useKeys(title, bindings) {
  const latest = useRef(bindings);
  latest.current = bindings;
  useEffect(() => {
    const group = {
      title,
      get bindings() {
        return latest.current;
      },
    };
    groups.value = [...groups.value, group];
    return () => {
      groups.value = groups.value.filter((one) => one !== group);
    };
  }, []);
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  // The editor is in a shadow root, where the target of the event is its host.
  const target = event.composedPath()[0];
  const isBox = target.matches?.("input:is([type=checkbox], [type=radio])");
  const isWriting =
    !isBox && target.closest?.("input, textarea, select, [contenteditable]") !== null;
  const isPressing = isBox || target.closest?.("button, a, summary, [role=separator]") !== null;
  for (const { bindings } of groups.value.toReversed()) {
    for (const { keys, act, inFields } of bindings) {
      if (!keys.split(" ").includes(event.key)) continue;
      if (isWriting && !inFields) continue;
      // These keys belong to the control that has the focus.
      if (isPressing && ["Enter", " ", "ArrowLeft", "ArrowRight"].includes(event.key)) continue;
      event.preventDefault();
      act(event);
      return;
    }
  }
});
