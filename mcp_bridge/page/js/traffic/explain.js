/** Explains a message: which rule matches it, and how it differs from the nearest one. */

import { call } from "../api.js";
import { readJson } from "../json.js";
import { Icon } from "../parts/icon.js";
import { ring } from "../store/traffic.js";
import { visible } from "../text.js";
import { html, useEffect, useState } from "../ui.js";
import { compareWith, nearestOf } from "./nearest.js";

/** Props: `entry`, a message from a client, and its `payload`. */
export function Explain({ entry, payload }) {
  const [state, setState] = useState({});
  useEffect(() => {
    const asking = new AbortController();
    setState({});
    explain(entry, asking.signal)
      .then((found) => setState({ found }))
      .catch((error) => error.name !== "AbortError" && setState({ problem: error.message }));
    return () => asking.abort();
  }, [entry]);
  if (state.problem) return html`<p class="empty">${state.problem}</p>`;
  if (!state.found) return html`<p class="empty">Asking the server…</p>`;
  return html`<${Explanation} ...${state.found} payload=${payload} />`;
}

const BUILT_IN = "This connection is at a built-in path, which has no rules.";

/** Ask with the state of the client if it is still connected, else with the first state. */
async function explain(entry, signal) {
  if (!entry.endpoint) throw new Error(BUILT_IN);
  if (hasLeft(entry)) return ask(entry, false, signal);
  try {
    return await ask(entry, true, signal);
  } catch (error) {
    // It has left meanwhile.
    if (error.status === 404) return ask(entry, false, signal);
    throw error;
  }
}

async function ask({ seq, client, endpoint, namespace: of }, isLive, signal) {
  const options = { quiet: true, signal };
  const namespace = of ?? undefined;
  const asked = isLive ? { seq, namespace, client } : { seq, namespace, endpoint };
  const [result, listed] = await Promise.all([
    call("explain_websocket_message", asked, options),
    call("list_websocket_mocks", { name: endpoint, namespace }, options).catch(() => null),
  ]);
  return { result, isLive, definition: listed?.endpoints[0]?.definition ?? null };
}

/** Whether the client of an entry has left since. */
function hasLeft({ index, client }) {
  for (let at = ring.end - 1; at > index; at -= 1) {
    const later = ring.at(at);
    if (later?.client === client) return later.kind === "close";
  }
  return false;
}

function Explanation({ result, isLive, definition, payload }) {
  const { acts, otherwise, contract, endpoint, rules, rules_left_out, state } = result;
  const nearest = acts ? null : nearestOf(rules, definition, payload);
  const limits = rules.find(({ rule }) => rule === acts)?.note;
  return html`
    <div class="explain">
      <p>
        ${
          acts
            ? html`<${Icon} name="passed" />The rule <strong>${acts}</strong> ${limits ? "matches" : "answers"} this message`
            : html`<${Icon} name="failed" />No rule answers this message`
        }
        ${" at "}<strong>${endpoint}</strong>, in the state <strong>${state}</strong>
        ${isLive ? " of the connection as it is now." : ", as far as the journal tells."}
        ${limits && ` Its limits: ${limits}.`}
      </p>
      ${
        contract &&
        html`<p class="bad"><${Icon} name="error" />It breaks the contract: ${contract}</p>`
      }
      ${otherwise && html`<p>${acts ? "When it does not act" : "Otherwise"}: ${otherwise}</p>`}
      ${nearest && html`<${Difference} ...${nearest} />`}
      <table>
        <${Heads} titles=${["Rule", "Matches", "Why not"]} />
        <tbody>
          ${rules.map(
            ({ rule, matches, why, note }) => html`
              <tr class=${rule === acts ? "acts" : ""}>
                <th scope="row">${visible(rule)}</th>
                <td><${Icon} name=${matches ? "passed" : "failed"} />${matches ? "yes" : "no"}</td>
                <td>${visible(why)}${note && html`<div class="note">${note}</div>`}</td>
              </tr>
            `,
          )}
        </tbody>
      </table>
      ${rules_left_out > 0 && html`<p class="note">${rules_left_out} more rules are not shown.</p>`}
    </div>
  `;
}

/** The conditions of the nearest rule beside what the message has. */
function Difference({ rule, match, why, payload }) {
  const read = readJson(payload.text);
  return html`
    <h3>Nearest: ${rule}</h3>
    <table class="difference">
      <${Heads} titles=${["Condition", "Wanted", "Got"]} />
      <tbody>
        ${compareWith(match, payload.text, read).map(
          ({ condition, wanted, got, isSame }) => html`
            <tr class=${isSame === false ? "differs" : ""}>
              <th scope="row">
                <${Icon} name=${isSame === null ? "none" : isSame ? "passed" : "failed"} />
                ${visible(condition)}
              </th>
              <td><code>${visible(wanted)}</code></td>
              <td><code>${visible(got)}</code></td>
            </tr>
          `,
        )}
      </tbody>
    </table>
    <p class="note">First difference: ${visible(why)}</p>
  `;
}

function Heads({ titles }) {
  return html`
    <thead>
      <tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr>
    </thead>
  `;
}
