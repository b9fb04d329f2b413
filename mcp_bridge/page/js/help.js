import { groups } from "./keys.js";
import { Dialog } from "./parts/dialog.js";
import { html } from "./ui.js";

const NAMES = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  Escape: "Esc",
  PageDown: "Page ↓",
  PageUp: "Page ↑",
};

/** All keys that work at the moment. */
export function Help({ onClose }) {
  return html`
    <${Dialog} title="Keys" onClose=${onClose}>
      ${groups.value.map(
        ({ title, bindings }) => html`
          <h3>${title}</h3>
          <dl class="keys">
            ${bindings.map(
              ({ keys, does }) => html`
                <div>
                  <dt>${keys.split(" ").map((key) => html`<kbd>${NAMES[key] ?? key}</kbd>`)}</dt>
                  <dd>${does}</dd>
                </div>
              `,
            )}
          </dl>
        `,
      )}
    <//>
  `;
}
