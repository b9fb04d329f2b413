/** What is wrong with the text, under the editor, each with its line. */

import { Icon } from "../parts/icon.js";
import { visible } from "../text.js";
import { html } from "../ui.js";
import { plural } from "./list.js";

export function Problems({ document }) {
  const [text, checked] = [document.text.value, document.checked.value];
  const isCurrent = checked?.of === text;
  return html`
    <section class="problems" aria-label="Problems">
      <p role="status">${isCurrent ? verdictOf(checked) : html`<span class="note">Checking…</span>`}</p>
      ${
        isCurrent &&
        checked.problems.length > 0 &&
        html`
        <ul>
          ${checked.problems.map(
            (one) => html`
            <li class=${one.severity}>
              <button class="quiet" onClick=${() => (document.goTo.value = one.from)}>
                <${Icon} name=${one.severity === "error" ? "failed" : "error"} />
                <span class="line">Line ${lineOf(text, one.from)}</span>
                <span>${one.place && html`<code>${visible(one.place)}</code> `}${visible(one.text)}</span>
              </button>
            </li>
          `,
          )}
        </ul>
      `
      }
    </section>
  `;
}

function verdictOf({ problems }) {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  if (!problems.length) return html`<span class="good"><${Icon} name="passed" />Valid</span>`;
  const texts = [errors && plural(errors, "error"), warnings && plural(warnings, "warning")];
  return html`<span class=${errors ? "bad" : "warned"}>
    <${Icon} name=${errors ? "failed" : "error"} />${texts.filter(Boolean).join(", ")}
  </span>`;
}

const lineOf = (text, place) => text.slice(0, place).split("\n").length;
