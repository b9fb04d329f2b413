/** The checks: what is being waited for, how waits and verifications ended, and verdicts. */

import { Icon } from "../parts/icon.js";
import { count, duration, timeOfDay, visible } from "../text.js";
import { html, useEffect, useState } from "../ui.js";
import { conditionsText } from "./conditions.js";
import { checks, followChecks, problem } from "./state.js";
import { Evidence, Verdicts } from "./verdicts.js";

export function View() {
  useEffect(followChecks, []);
  const found = checks.value;
  return html`
    <section class="checks" aria-label="Checks">
      ${problem.value && html`<p class="bad"><${Icon} name="error" />${problem.value}</p>`}
      <h2>Under way</h2>
      ${found && (found.running.length ? html`<${Running} found=${found} />` : html`<p class="note">Nobody waits for anything now.</p>`)}
      <h2>Ended</h2>
      ${
        found &&
        (found.ended.length
          ? html`<${Ended} ended=${found.ended} />`
          : html`
        <p class="note">No wait and no verification has ended yet. Tests begin them
          with <code>wait_for_websocket_event</code> and <code>verify_websocket_traffic</code>.</p>
      `)
      }
      <h2>Verdicts in the traffic</h2>
      <${Verdicts} />
    </section>
  `;
}

function Running({ found }) {
  const { running, total_running } = found;
  return html`
    <table>
      <thead><tr><th>For</th><th>Since</th><th>Time</th><th>Entries seen</th></tr></thead>
      <tbody>
        ${running.map(
          (one) => html`
          <tr key=${one.number}>
            <td><${What} check=${one} /></td>
            <td class="number">${timeOfDay(Date.parse(one.began)).slice(0, 8)}</td>
            <td><${Clock} key=${one.number} check=${one} /></td>
            <td class="number">${count(one.entries_seen)}</td>
          </tr>
        `,
        )}
      </tbody>
    </table>
    ${total_running > running.length && html`<p class="note">${count(total_running - running.length)} more do not fit here.</p>`}
  `;
}

/** How long it has taken, and how long it may take. */
function Clock({ check: { seconds, limit_seconds } }) {
  const left = Math.max(0, limit_seconds - seconds);
  return html`
    <progress value=${Math.min(seconds, limit_seconds)} max=${limit_seconds || 1} aria-label="Time that has passed"></progress>
    <span class="number"> ${duration(left * 1000)} of ${duration(limit_seconds * 1000)} left</span>
  `;
}

function What({ check: { verb, conditions, namespace } }) {
  return html`
    <strong>${verb === "wait" ? "wait" : "verify"}</strong> ${visible(conditionsText(conditions))}
    ${namespace && html` <span class="note">in ${namespace === "*" ? "all namespaces" : visible(namespace)}</span>`}
  `;
}

const OUTCOMES = {
  happened: ["passed", "good", "happened"],
  quiet: ["passed", "good", "is quiet"],
  passed: ["passed", "good", "passed"],
  failed: ["failed", "bad", "failed"],
  timed_out: ["failed", "bad", "timed out"],
  left: ["notice", "note", "caller left"],
  error: ["error", "bad", "not possible"],
};

const AT_ONCE = 30;

function Ended({ ended }) {
  const [shown, setShown] = useState(AT_ONCE);
  return html`
    <table>
      <thead><tr><th>Result</th><th>Of</th><th>Why</th><th>Ended</th><th>Took</th></tr></thead>
      <tbody>${ended.slice(0, shown).map((one) => html`<${EndedRow} key=${one.number} check=${one} />`)}</tbody>
    </table>
    ${
      ended.length > shown &&
      html`
      <button class="quiet text" onClick=${() => setShown(ended.length)}>${count(ended.length - shown)} more</button>
    `
    }
  `;
}

function EndedRow({ check }) {
  const { status, text, nearest_miss, evidence, began, seconds } = check;
  const [icon, tone, said] = OUTCOMES[status];
  return html`
    <tr>
      <td class="outcome ${tone}"><${Icon} name=${icon} />${said}</td>
      <td><${What} check=${check} /></td>
      <td class="why">
        ${text && html`<p>${visible(text)}</p>`}
        ${nearest_miss && html`<p>Nearest: ${visible(nearest_miss)}</p>`}
        <${Evidence} numbers=${evidence} />
      </td>
      <td class="number">${timeOfDay(Date.parse(began) + seconds * 1000).slice(0, 8)}</td>
      <td class="number">${duration(seconds * 1000)}</td>
    </tr>
  `;
}
