import { call } from "../api.js";
import { Dialog } from "../parts/dialog.js";
import { showError, showNews } from "../toasts.js";
import { html, useId, useState } from "../ui.js";
import { each } from "./each.js";
import { whom } from "./send_dialog.js";
import { picked } from "./state.js";

const WAYS = [
  ["", "Close", "A close frame with this code; the client answers it."],
  ["reset", "Reset", "No close frame: TCP RST. The client sees 1006."],
  ["close", "Hang up", "No close frame: TCP FIN. The client sees 1006."],
];
const CODES = [
  [1000, "normal closure"],
  [1001, "going away"],
  [1008, "policy violation"],
  [1009, "message too big"],
  [1011, "internal error"],
  [1012, "service restart"],
  [1013, "try again later"],
  [4000, "of the application"],
];
const REASON_BYTES = 123;

/** Closes or aborts the connections of the chosen clients. */
export function CloseDialog({ onClose }) {
  const [way, setWay] = useState("");
  const [code, setCode] = useState("1000");
  const [reason, setReason] = useState("");
  const group = useId();
  const codes = useId();
  const tooLong = new TextEncoder().encode(reason).length > REASON_BYTES;
  const submit = async (event) => {
    event.preventDefault();
    if (tooLong) return;
    if (await close(way ? { abort: way } : { code: Number(code), reason })) onClose();
  };
  return html`
    <${Dialog} title=${`Close ${whom()}`} onClose=${onClose}>
      <form onSubmit=${submit}>
        <fieldset>
          <legend>How</legend>
          ${WAYS.map(
            ([name, title, hint]) => html`
              <label class="way">
                <input type="radio" name=${group} checked=${way === name} onChange=${() => setWay(name)} />
                <strong>${title}</strong> <span class="note">${hint}</span>
              </label>
            `,
          )}
        </fieldset>
        ${
          !way &&
          html`
          <label class="field">
            <span>Code <span class="note">1000 to 1014 or 3000 to 4999</span></span>
            <input type="number" min="1000" max="4999" required list=${codes} value=${code}
              onInput=${({ currentTarget }) => setCode(currentTarget.value)} />
            <datalist id=${codes}>
              ${CODES.map(([number, meaning]) => html`<option value=${number}>${meaning}</option>`)}
            </datalist>
          </label>
          <label class="field">
            <span>Reason <span class="note">at most ${REASON_BYTES} bytes</span></span>
            <input value=${reason} aria-invalid=${tooLong ? "true" : undefined}
              onInput=${({ currentTarget }) => setReason(currentTarget.value)} />
          </label>
          ${tooLong && html`<p class="bad" role="alert">The reason has more than ${REASON_BYTES} bytes.</p>`}
        `
        }
        <div class="dialog-acts">
          <button type="button" onClick=${onClose}>Cancel</button>
          <button class="primary" disabled=${!picked.value.length}>
            ${WAYS.find(([name]) => name === way)[1]} ${whom()}
          </button>
        </div>
      </form>
    <//>
  `;
}

async function close(how) {
  try {
    const ids = picked.value.map(({ id }) => id);
    const results = await each(ids, (id) =>
      call("close_websocket_client", { ...how, target_client: id, namespace: "*" }),
    );
    const errors = [...new Set(results.flatMap((one) => one.errors))];
    const closed = results.filter((one) => one.status === "closed").length;
    if (closed) showNews(`Closed ${closed} ${closed === 1 ? "client" : "clients"}`);
    if (errors.length) showError(errors.join("\n"));
    return !errors.length;
  } catch {
    return false; // A toast says why.
  }
}
