import { html, useEffect, useId, useRef } from "../ui.js";
import { Icon } from "./icon.js";

/** A modal dialog. Escape, its button and a click beside it call `onClose`. */
export function Dialog({ title, onClose, children, wide = false }) {
  const element = useRef(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => before?.focus?.();
  }, []);
  const onClick = (event) => event.target === element.current && onClose();
  return html`
    <dialog ref=${element} class=${wide ? "wide" : ""} aria-labelledby=${heading}
      onClose=${onClose} onClick=${onClick}>
      <div class="dialog-inside">
        <header>
          <h2 id=${heading}>${title}</h2>
          <button class="quiet" aria-label="Close" onClick=${onClose}>
            <${Icon} name="dismiss" />
          </button>
        </header>
        ${children}
      </div>
    </dialog>
  `;
}
