/** Copying to the clipboard. */

import { showError, showNews } from "../toasts.js";
import { html } from "../ui.js";
import { Icon } from "./icon.js";

/** Copy a text and say so. @param {string} text @param {string} what such as "the address" */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    showNews(`Copied ${what}`);
  } catch {
    showError("The browser does not let this page use the clipboard.");
  }
}

/** A button that copies. `text` may be a function, which may be async. */
export function CopyButton({ text, what, label }) {
  const act = async () => copy(typeof text === "function" ? await text() : text, what);
  return html`
    <button class=${label ? "" : "quiet"} aria-label=${label ? undefined : `Copy ${what}`}
      title="Copy ${what}" onClick=${act}><${Icon} name="copy" />${label}</button>
  `;
}
