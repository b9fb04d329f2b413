/** The faults in force. */

import { call } from "../api.js";
import { oneNamespace } from "../store/server.js";
import { count, duration, visible } from "../text.js";
import { html, signal, useEffect } from "../ui.js";

const EVERY_MS = 2_000;

/** The result of `set_websocket_faults` without arguments, which lists them; null: not known yet. */
const found = signal(null);

async function ask() {
  const asked = { namespace: oneNamespace.peek() };
  found.value = await call("set_websocket_faults", asked, { quiet: true }).catch(() => found.value);
}

export function Faults() {
  useEffect(() => {
    ask();
    const timer = setInterval(() => document.hidden || ask(), EVERY_MS);
    return () => clearInterval(timer);
  }, [oneNamespace.value]);
  if (!found.value) return null;
  const { faults, total } = found.value;
  const where = oneNamespace.value ? `in ${visible(oneNamespace.value)}` : "outside namespaces";
  return html`
    <section aria-label="Faults">
      <h2>Faults in force ${where}</h2>
      ${!faults.length && html`<p class="note">None.</p>`}
      ${
        faults.length > 0 &&
        html`
        <table>
          <thead><tr><th>Name</th><th>Kind</th><th>Hits</th><th>Definition</th><th>Ends in</th></tr></thead>
          <tbody>${faults.map((one) => html`<${Row} key=${`${one.of_endpoint} ${one.name}`} fault=${one} />`)}</tbody>
        </table>
      `
      }
      ${total > faults.length && html`<p class="note">${count(total - faults.length)} more do not fit here.</p>`}
    </section>
  `;
}

function Row({ fault: { name, kind, of_endpoint, definition, expires_in_seconds: left } }) {
  return html`
    <tr>
      <td>${visible(name)}</td>
      <td>${kind}</td>
      <td>${of_endpoint ? `endpoint ${visible(of_endpoint)}` : "any connection"}</td>
      <td><code>${visible(JSON.stringify(definition))}</code></td>
      <td class="number">${left === null ? "–" : duration(left * 1000)}</td>
    </tr>
  `;
}
