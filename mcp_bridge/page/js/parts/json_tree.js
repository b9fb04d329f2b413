/** JSON as a tree that can be folded. Only what is unfolded is in the document. */

import { isDigits } from "../json.js";
import { visible } from "../text.js";
import { html, useState } from "../ui.js";

const AT_ONCE = 100;
const LONGEST = 2_000;

/** Props: `value`, `name` (its key, if any), `depth`: how many levels are unfolded at first. */
export function JsonTree({ value, name, depth = 2 }) {
  const isFolder = value !== null && typeof value === "object" && !isDigits(value);
  if (!isFolder)
    return html`<div class="leaf"><${Key} name=${name} /><${Leaf} value=${value} /></div>`;
  return html`<${Folder} ...${{ value, name, depth }} />`;
}

function Folder({ value, name, depth }) {
  const [isOpen, setOpen] = useState(depth > 0);
  const [shown, setShown] = useState(AT_ONCE);
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [begin, end] = isList ? "[]" : "{}";
  if (!entries.length) return html`<div class="leaf"><${Key} name=${name} />${begin}${end}</div>`;
  return html`
    <details open=${isOpen} onToggle=${(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <${Key} name=${name} />${begin}<span class="inside">
          ${isOpen ? "" : ` … ${end}`} ${entries.length} ${isList ? "items" : "keys"}
        </span>
      </summary>
      ${
        isOpen &&
        html`<div class="children">
        ${entries
          .slice(0, shown)
          .map(
            ([key, item]) =>
              html`<${JsonTree} key=${key} name=${key} value=${item} depth=${depth - 1} />`,
          )}
        ${
          entries.length > shown &&
          html`<button class="quiet text" onClick=${() => setShown(shown + AT_ONCE)}>
          ${entries.length - shown} more
        </button>`
        }
      </div>`
      }
    </details>
  `;
}

function Key({ name }) {
  return name === undefined ? null : html`<span class="key">${visible(name)}</span>: `;
}

function Leaf({ value }) {
  if (typeof value !== "string") {
    const kind = value === null ? "null" : typeof value;
    return html`<span class="value-${kind}">${JSON.stringify(value)}</span>`;
  }
  const shown = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  return html`<span class="value-string" dir="ltr">${visible(JSON.stringify(shown))}</span>`;
}
