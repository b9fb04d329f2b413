import { Dialog } from "../parts/dialog.js";
import { showNews } from "../toasts.js";
import { html, useId, useState } from "../ui.js";
import { arm, definitionsOf, scopesOf } from "./arming.js";
import { readFaults } from "./faults_state.js";
import { LIFETIMES, PRESETS } from "./presets.js";
import { picked } from "./state.js";

const OWN = {
  name: "own",
  isOwn: true,
  title: "Own fault…",
  does: ["What you write below, as in a mocks file."],
  faults: [],
};
const EXAMPLE = '{"latency": {"mean": "2s"}, "direction": "both"}';

/** Chooses faults, says what they will do, and puts them in force. */
export function FaultDialog({ onClose }) {
  const [preset, setPreset] = useState(PRESETS[0]);
  const [written, setWritten] = useState(EXAMPLE);
  const [wantedScope, setScope] = useState("clients");
  const [lifetime, setLifetime] = useState(LIFETIMES[1][1]);
  const [problem, setProblem] = useState("");
  const group = useId();

  const scopes = scopesOf(preset, picked.value);
  const scope = scopes.find(({ name }) => name === wantedScope) ?? scopes[0];
  const own = preset === OWN ? read(written) : null;
  const filled = own ? { ...preset, faults: own.faults } : preset;
  const submit = async (event) => {
    event.preventDefault();
    if (own?.problem) return setProblem(own.problem);
    const refused = await arm(filled, scope.targets, lifetime).catch(() => null);
    if (!refused) return undefined;
    if (refused.length) return setProblem(refused.join("\n"));
    showNews(`${preset.title}: ${LIFETIMES.find(([, value]) => value === lifetime)[0]}`);
    readFaults();
    return onClose();
  };
  return html`
    <${Dialog} title="Faults" onClose=${onClose} wide>
      <form class="fault-form" onSubmit=${submit}>
        <fieldset class="presets">
          <legend>What goes wrong</legend>
          ${[...PRESETS, OWN].map(
            (one) => html`
              <label>
                <input type="radio" name=${group} checked=${one === preset} autofocus=${one === PRESETS[0]}
                  onChange=${() => (setPreset(one), setProblem(""))} />
                ${one.title}
              </label>
            `,
          )}
        </fieldset>
        <div class="consequences">
          <h3>What it will do</h3>
          <ul aria-live="polite">${preset.does.map((text) => html`<li>${text}</li>`)}</ul>
          ${
            preset === OWN &&
            html`<label class="field">
            Fault, or a list of faults, as JSON
            <textarea rows="4" spellcheck=${false} value=${written}
              onInput=${({ currentTarget }) => setWritten(currentTarget.value)}></textarea>
          </label>`
          }
          <label class="field">
            For whom
            <select aria-label="For whom" value=${scope.name} onChange=${({ currentTarget }) => setScope(currentTarget.value)}>
              ${scopes.map(({ name, title }) => html`<option value=${name}>${title}</option>`)}
            </select>
          </label>
          <label class="field">
            How long
            <select aria-label="How long" value=${lifetime} onChange=${({ currentTarget }) => setLifetime(currentTarget.value)}>
              ${LIFETIMES.map(([title, value]) => html`<option value=${value}>${title}</option>`)}
            </select>
          </label>
          <details>
            <summary>As definitions</summary>
            <pre class="code" tabindex="0" aria-label="The definitions of the faults">${definitions(filled, scope)}</pre>
          </details>
          ${problem && html`<p class="bad" role="alert">${problem}</p>`}
          <div class="dialog-acts">
            <button type="button" onClick=${onClose}>Cancel</button>
            <button class="primary">Arm</button>
          </div>
        </div>
      </form>
    <//>
  `;
}

function definitions(preset, { targets }) {
  const all = targets.flatMap((target) => definitionsOf(preset, target));
  const shown = all.slice(0, 20).map((one) => JSON.stringify(one));
  return [
    ...shown,
    ...(all.length > shown.length ? [`… ${all.length - shown.length} more`] : []),
  ].join("\n");
}

function read(text) {
  try {
    const value = JSON.parse(text);
    return { faults: Array.isArray(value) ? value : [value], problem: "" };
  } catch (error) {
    return { faults: [], problem: `This is no JSON: ${error.message}` };
  }
}
