import { call } from "../api.js";
import { Dialog } from "../parts/dialog.js";
import { html, signal, useState } from "../ui.js";
import { each } from "./each.js";
import { picked } from "./state.js";

const FORMS = [
  ["text", "Text", "Sent as it is, in a text message."],
  ["json", "JSON", "Checked, then sent as it is, in a text message."],
  ["binary", "Binary", "hex:0a0b… or base64:…"],
];

/** What was written last; it is there again when the dialog is opened. */
const form = signal("text");
const drafts = { text: signal(""), json: signal('{"type": ""}'), binary: signal("hex:") };

/** Sends a message to the chosen clients; it stays open for the next one. */
export function SendDialog({ onClose }) {
  const [said, say] = useState({ text: "", isBad: false });
  const [isBusy, setBusy] = useState(false);
  const content = drafts[form.value];
  const [, , hint] = FORMS.find(([name]) => name === form.value);
  const send = async (event) => {
    event.preventDefault();
    const problem = form.value === "json" ? problemOf(content.value) : "";
    if (problem) return say({ text: problem, isBad: true });
    setBusy(true);
    say(
      await deliver(form.value === "binary" ? { binary: content.value } : { text: content.value }),
    );
    return setBusy(false);
  };
  const onKey = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event);
  };
  return html`
    <${Dialog} title=${`Send to ${whom()}`} onClose=${onClose}>
      <form onSubmit=${send} onKeyDown=${onKey}>
        <div class="parts" role="group" aria-label="Form of the message">
          ${FORMS.map(
            ([name, title]) => html`
              <button type="button" aria-pressed=${form.value === name}
                onClick=${() => (form.value = name)}>${title}</button>
            `,
          )}
        </div>
        <label class="field">
          <span>Message <span class="note">${hint}</span></span>
          <textarea rows="8" spellcheck=${false} value=${content.value} autofocus
            onInput=${({ currentTarget }) => (content.value = currentTarget.value)}></textarea>
        </label>
        <div class="dialog-acts">
          <span role="status" class=${said.isBad ? "bad" : "good"}>${said.text}</span>
          <button type="button" onClick=${onClose}>Close</button>
          <button class="primary" disabled=${isBusy || !picked.value.length}>Send <kbd>Ctrl ↵</kbd></button>
        </div>
      </form>
    <//>
  `;
}

/** The chosen clients in words. */
export function whom() {
  const { length } = picked.value;
  return length === 1 ? `client ${picked.value[0].id}` : `${length} clients`;
}

function problemOf(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `This is no JSON: ${error.message}`;
  }
}

async function deliver(message) {
  const send = (id) =>
    call(
      "send_websocket_message",
      { ...message, target_client: id, namespace: "*" },
      { quiet: true },
    );
  try {
    const results = await each(
      picked.value.map(({ id }) => id),
      send,
    );
    const errors = [...new Set(results.flatMap((one) => one.errors))];
    const sent = results.filter((one) => one.status === "sent").length;
    const text = `Sent to ${sent} ${sent === 1 ? "client" : "clients"}`;
    return { text: [text, ...errors].join(". "), isBad: errors.length > 0 };
  } catch (error) {
    return { text: error.message, isBad: true };
  }
}
