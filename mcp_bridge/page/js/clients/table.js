import { Icon } from "../parts/icon.js";
import { hrefOf, namespace } from "../route.js";
import { revision } from "../store/traffic.js";
import { count, duration, timeOfDay, visible } from "../text.js";
import { html } from "../ui.js";
import { roundTrips } from "./pings.js";
import { countNew, lastMinute } from "./rates.js";
import { Spark } from "./spark.js";
import { chosen, clients, now, picked, toggle, toggleAll } from "./state.js";

/** Where the conversation of a client is: the view and its parameters. */
export const conversationOf = ({ id, logical_client: of }) => ["conversations", { of, client: id }];

/** The table of the clients. */
export function Table() {
  const listed = clients.value;
  revision.value;
  countNew();
  const isAll = picked.value.length === listed.length;
  const hasNamespaces = namespace.value === "*" && listed.some((one) => one.namespace !== null);
  return html`
    <table>
      <thead>
        <tr>
          <th scope="col">
            <input type="checkbox" checked=${isAll} indeterminate=${picked.value.length > 0 && !isAll}
              aria-label="Choose all clients" onChange=${toggleAll} />
          </th>
          <th scope="col">Client</th>
          <th scope="col">Endpoint</th>
          ${hasNamespaces && html`<th scope="col">Namespace</th>`}
          <th scope="col" class="number" title="The number of the connection of the same client">Attempt</th>
          <th scope="col">State and groups</th>
          <th scope="col" class="number" title="Round trip of the last ping">RTT</th>
          <th scope="col" class="number" title="Messages from the client">
            <${Icon} name="received" /><span class="unseen">from the client</span>
          </th>
          <th scope="col" class="number" title="Messages to the client">
            <${Icon} name="sent" /><span class="unseen">to the client</span>
          </th>
          <th scope="col">Last minute</th>
          <th scope="col">Last heard</th>
          <th scope="col">Connected</th>
          <th scope="col"><span class="unseen">Links</span></th>
        </tr>
      </thead>
      <tbody>
        ${listed.map((one) => html`<${Client} key=${one.id} one=${one} hasNamespaces=${hasNamespaces} />`)}
      </tbody>
    </table>
  `;
}

function Client({ one, hasNamespaces }) {
  const { id } = one;
  const isChosen = chosen.value.has(id);
  const onClick = (event) => event.target.closest("a, input, button") || toggle(id);
  return html`
    <tr class=${isChosen ? "is-chosen" : ""} data-client=${id} onClick=${onClick}>
      <td>
        <input type="checkbox" checked=${isChosen} aria-label="Choose client ${id}" onChange=${() => toggle(id)} />
      </td>
      <th scope="row">
        <a href=${hrefOf("traffic", { client: id })} title="Its traffic"><code>${id}</code></a>
        <span class="address">${one.remote_address}</span>
      </th>
      <td>
        ${one.endpoint === null ? html`<span class="note">built-in</span>` : visible(one.endpoint)}
        ${one.path !== one.endpoint && html`<span class="path">${visible(one.path)}</span>`}
      </td>
      ${hasNamespaces && html`<td>${one.namespace ?? html`<span class="note">none</span>`}</td>`}
      <td class="number">${one.attempt}</td>
      <td><${State} one=${one} /></td>
      <td class="number"><${RoundTrip} id=${id} /></td>
      <td class="number">${count(one.messages_received)}</td>
      <td class="number">${count(one.messages_sent)}</td>
      <td><${LastMinute} id=${id} /></td>
      <td><${Ago} time=${one.last_activity} /></td>
      <td><${Ago} time=${one.connected_at} /></td>
      <td class="links">
        <a href=${hrefOf(...conversationOf(one))} aria-label="Conversation of ${id}">Conversation</a>
      </td>
    </tr>
  `;
}

function State({ one }) {
  return html`
    ${one.connection_status === "closing" && html`<span class="closing">closing</span>`}
    ${one.state !== null && html`<span class="state">${visible(one.state)}</span>`}
    ${one.groups.map((group) => html`<span class="group" title="Group">${visible(group)}</span>`)}
  `;
}

function RoundTrip({ id }) {
  const found = roundTrips.value.get(id);
  if (found === undefined) return html`<span class="note">–</span>`;
  if (found === null) return html`<span class="bad">no pong</span>`;
  return found < 10 ? `${found.toFixed(1)} ms` : duration(found);
}

function LastMinute({ id }) {
  return html`<${Spark} counts=${lastMinute(id, now.value)} />`;
}

function Ago({ time }) {
  const at = Date.parse(time);
  return html`<time dateTime=${time} title=${timeOfDay(at)}>${ago(now.value - at)}</time>`;
}

function ago(ms) {
  if (ms < 1_500) return "now";
  if (ms < 60_000) return `${Math.round(ms / 1000)} s ago`;
  return ms < 3_600_000
    ? `${Math.floor(ms / 60_000)} min ago`
    : `${Math.floor(ms / 3_600_000)} h ago`;
}
