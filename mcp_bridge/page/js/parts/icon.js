import { html } from "../ui.js";

/** A picture beside a text, from the symbols of index.html. It says nothing to screen readers. */
export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true"><use href="#icon-${name}" /></svg>`;
}
