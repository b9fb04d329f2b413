/** What is known of an entry beside its payload. */

import { JsonTree } from "../parts/json_tree.js";
import { setParams } from "../route.js";
import { timeOfDay, visible } from "../text.js";
import { html } from "../ui.js";

const OF_ENTRY = ["kind", "direction", "client", "namespace", "endpoint", "attempt"];
const OF_DETAILS = ["rule", "fault", "status", "code"];

/** Facts that are filters, too. */
const FILTERABLE = ["kind", "direction", "endpoint", "client", "attempt", ...OF_DETAILS];

/** Props: `entry`, and `full`: the same in full detail, as far as the server has it. */
export function Facts({ entry, full }) {
  const isSized = entry.size !== undefined;
  const facts = [
    ["time", entry.seq === null ? timeOfDay(entry.at) : entry.time],
    ...OF_ENTRY.map((name) => [name, entry[name]]),
    ["size", isSized ? `${entry.size} bytes` : null],
    ["sha256", full.sha256],
    ...OF_DETAILS.map((name) => [name, entry.details[name]]),
  ].filter(([, value]) => value !== null && value !== undefined);
  const hasDetails = Object.keys(full.details).length > 0;
  return html`
    <dl class="facts">
      ${facts.map(
        ([name, value]) => html`
          <div>
            <dt>${name}</dt>
            <dd>
              <span>${visible(String(value))}</span>
              ${FILTERABLE.includes(name) && html`<${Only} name=${name} value=${value} />`}
            </dd>
          </div>
        `,
      )}
    </dl>
    ${hasDetails && html`<h3>Details</h3>`}
    ${hasDetails && html`<div class="tree"><${JsonTree} value=${full.details} /></div>`}
  `;
}

/** A button that shows only the entries with the same value. */
function Only({ name, value }) {
  const filter = () => setParams({ [name]: String(value) });
  return html`
    <button class="quiet text" aria-label="only these: ${name} ${value}" onClick=${filter}>
      only these
    </button>
  `;
}
