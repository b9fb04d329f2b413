/** The connected clients, and what can be done to them. */

import { useKeys } from "../keys.js";
import { Icon } from "../parts/icon.js";
import { open } from "../route.js";
import { count } from "../text.js";
import { html, signal, useEffect } from "../ui.js";
import { CloseDialog } from "./close_dialog.js";
import { FaultDialog } from "./fault_dialog.js";
import { FaultsPanel } from "./faults_panel.js";
import { followFaults } from "./faults_state.js";
import { isRepeated, ping, repeatPings } from "./pings.js";
import { SendDialog } from "./send_dialog.js";
import { chosen, clients, follow, MOST, picked, toggleAll, total } from "./state.js";
import { conversationOf, Table } from "./table.js";

const DIALOGS = { send: SendDialog, close: CloseDialog, faults: FaultDialog };

/** The name of the open dialog; null: none is. */
const dialog = signal(null);

export function View() {
  useEffect(() => {
    const stops = [follow(), followFaults(), repeatPings()];
    return () => {
      for (const stop of stops) stop();
      dialog.value = null;
    };
  }, []);
  useKeys("Clients", BINDINGS);
  const name = dialog.value;
  const Dialog = DIALOGS[name];
  // One that is closed later than the next one is opened must not close that.
  const onClose = () => {
    if (dialog.value === name) dialog.value = null;
  };
  return html`
    <section class="clients" aria-label="Clients">
      <${Bar} />
      <${FaultsPanel} />
      <div class="clients-table"><${List} /></div>
      ${Dialog && html`<${Dialog} onClose=${onClose} />`}
    </section>
  `;
}

const show = (name) => {
  if (picked.value.length || name === "faults") dialog.value = name;
};

const BINDINGS = [
  { keys: "ArrowDown j", does: "next client", act: () => move(1) },
  { keys: "ArrowUp k", does: "previous client", act: () => move(-1) },
  { keys: "a", does: "choose all clients or none", act: toggleAll },
  { keys: "s", does: "send to the chosen clients", act: () => show("send") },
  { keys: "c", does: "close the chosen clients", act: () => show("close") },
  { keys: "f", does: "faults", act: () => show("faults") },
  { keys: "g", does: "ping", act: () => ping() },
  {
    keys: "t",
    does: "traffic of the client with the focus",
    act: () => openOf(({ id }) => ["traffic", { client: id }]),
  },
  {
    keys: "v",
    does: "conversation of the client with the focus",
    act: () => openOf(conversationOf),
  },
  { keys: "Escape", does: "choose no client", act: () => (chosen.value = new Set()) },
];

/** Move the focus by rows; the keys of the list work in its boxes. */
function move(rows) {
  const boxes = [...document.querySelectorAll("[data-client] input")];
  const at = boxes.indexOf(document.activeElement);
  const next = at < 0 ? (rows > 0 ? 0 : boxes.length - 1) : at + rows;
  boxes[Math.min(Math.max(next, 0), boxes.length - 1)]?.focus();
}

function openOf(place) {
  const id = document.activeElement?.closest("[data-client]")?.dataset.client;
  const one = clients.value?.find((client) => client.id === id) ?? picked.value[0];
  if (one) open(...place(one));
}

function Bar() {
  const { length } = picked.value;
  const missing = length ? undefined : "Choose clients first";
  return html`
    <div class="bar" role="toolbar" aria-label="Clients">
      <strong aria-live="polite">${length ? `${count(length)} chosen` : "None chosen"}</strong>
      <button disabled=${!length} title=${missing ?? "Send (s)"} onClick=${() => show("send")}>
        <${Icon} name="sent" />Send…
      </button>
      <button disabled=${!length} title=${missing ?? "Close (c)"} onClick=${() => show("close")}>
        <${Icon} name="close" />Close…
      </button>
      <button title="Faults (f)" onClick=${() => show("faults")}><${Icon} name="fault" />Faults…</button>
      <button title="Measure round trips with a ping (g)" onClick=${() => ping()}><${Icon} name="ping" />Ping</button>
      <label class="choice" title="Pings are part of the traffic">
        <input type="checkbox" checked=${isRepeated.value}
          onChange=${({ currentTarget }) => (isRepeated.value = currentTarget.checked)} />
        every 10 s
      </label>
      <span class="spring"></span>
      <span class="note">${count(total.value)} connected</span>
    </div>
  `;
}

function List() {
  if (clients.value === null) return null;
  if (!clients.value.length) {
    return html`<div class="empty">
      <p>No client is connected.</p>
      <p>Those that connect to the address above appear here.</p>
    </div>`;
  }
  const missing = total.value - clients.value.length;
  return html`
    <${Table} />
    ${missing > 0 && html`<p class="note">The first ${MOST} are listed; ${count(missing)} more are connected.</p>`}
  `;
}
