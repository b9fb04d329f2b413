/** Short messages at the edge of the page. Errors stay until they are dismissed. */

import { Icon } from "./parts/icon.js";
import { html, signal } from "./ui.js";

const MOST = 4;
const NEWS_MS = 4_000;

let made = 0;
const toasts = signal([]);

/** @param {string} text */
export function showError(text) {
  add("error", text);
}

/** @param {string} text */
export function showNews(text) {
  const id = add("news", text);
  setTimeout(() => dismiss(id), NEWS_MS);
}

function add(kind, text) {
  const id = ++made;
  const others = toasts.value.filter((one) => one.text !== text);
  toasts.value = [...others, { id, kind, text }].slice(-MOST);
  return id;
}

function dismiss(id) {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
  return html`
    <div class="toasts" role="log" aria-label="Messages">
      ${toasts.value.map(
        ({ id, kind, text }) => html`
          <div key=${id} class="toast toast-${kind}">
            <${Icon} name=${kind === "error" ? "error" : "passed"} />
            <span class="toast-text">${text}</span>
            <button class="quiet" aria-label="Dismiss" onClick=${() => dismiss(id)}>
              <${Icon} name="dismiss" />
            </button>
          </div>
        `,
      )}
    </div>
  `;
}
