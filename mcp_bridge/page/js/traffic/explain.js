/** Explains a message: which rule matches it, and how it differs from the nearest one. */

import { call } from "../api.js";
import { readJson } from "../json.js";
import { Icon } from "../parts/icon.js";
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

/** Ask with the state of the client if it is still connected, else with the first state. */
async function explain({ seq, client, endpoint, namespace }, signal) {
  const options = { quiet: true, signal };
  const asked = { seq, namespace: namespace ?? undefined };
  let isLive = true;
  const result = await call("explain_websocket_message", { ...asked, client }, options).catch((error) => {
    if (error.status !== 404 || !endpoint) throw error;
    isLive = false;
    return call("explain_websocket_message", { ...asked, endpoint }, options);
  });
  const listing = { name: result.endpoint, namespace: namespace ?? undefined };
  const listed = await call("list_websocket_mocks", listing, options).catch(() => null);
  return { result, isLive, definition: listed?.definition ?? null };
}

function Explanation({ result, isLive, definition, payload }) {
  const { acts, otherwise, contract, endpoint, rules, rules_left_out, state } = result;
  const nearest = acts ? null : nearestOf(rules, definition, payload);
  return html`
    <div class="explain">
      <p>
        ${acts
          ? html`<${Icon} name="passed" />The rule <strong>${acts}</strong> answers this message`
          : html`<${Icon} name="failed" />No rule matches this message`}
        ${" at "}<strong>${endpoint}</strong>, in the state <strong>${state}</strong>
        ${isLive ? " of the connection as it is now." : " that connections begin with."}
      </p>
      ${contract && html`<p class="bad"><${Icon} name="error" />It breaks the contract: ${contract}</p>`}
      ${otherwise && html`<p>Otherwise: ${otherwise}</p>`}
      ${nearest && html`<${Difference} ...${nearest} />`}
      <table>
        <thead><tr><th scope="col">Rule</th><th scope="col">Matches</th><th scope="col">Why not</th></tr></thead>
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
    <h4>Nearest: ${rule}</h4>
    <table class="difference">
      <thead><tr><th scope="col">Condition</th><th scope="col">Wanted</th><th scope="col">Got</th></tr></thead>
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
