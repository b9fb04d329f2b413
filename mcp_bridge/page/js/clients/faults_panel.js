import { Icon } from "../parts/icon.js";
import { duration, visible } from "../text.js";
import { html } from "../ui.js";
import { clear, clearAll, faults } from "./faults_state.js";
import { now } from "./state.js";

const TARGETS = ["client", "endpoint", "group"];

/** The faults in force; nothing if there are none. */
export function FaultsPanel() {
  const found = faults.value;
  if (!found.length) return null;
  return html`
    <section class="faults" aria-label="Faults in force">
      <header>
        <h2><${Icon} name="fault" />${found.length} ${found.length === 1 ? "fault" : "faults"} in force</h2>
        ${
          found.some((one) => one.of_endpoint === null) &&
          html`<button onClick=${clearAll}>Clear all</button>`
        }
      </header>
      <ul>
        ${found.map((one) => html`<${Fault} key=${`${one.namespace} ${one.of_endpoint} ${one.name}`} one=${one} />`)}
      </ul>
    </section>
  `;
}

function Fault({ one }) {
  now.value;
  const { definition, kind, name } = one;
  const target = TARGETS.find((key) => definition[key]);
  const of = one.of_endpoint ?? (target && definition[target]);
  const left =
    one.endsAt === null
      ? "until it is cleared"
      : `${duration(Math.max(0, one.endsAt - Date.now()))} left`;
  return html`
    <li>
      <strong>${visible(name)}</strong>
      <code>${visible(JSON.stringify({ [kind]: definition[kind] ?? {} }))}</code>
      <span class="note">
        ${of ? `${one.of_endpoint ? "endpoint" : target} ${visible(of)}` : "everybody"}
        ${one.namespace ? ` in ${one.namespace}` : ""}, ${one.of_endpoint ? "part of its mock" : left}
      </span>
      ${
        one.of_endpoint === null &&
        html`<button class="quiet" aria-label="Clear the fault ${name}" title="Clear"
        onClick=${() => clear(one)}><${Icon} name="dismiss" /></button>`
      }
    </li>
  `;
}
