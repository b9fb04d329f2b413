/** The rules of the endpoint in the editor, with how often each has fired. */

import { hrefOf } from "../route.js";
import { count, visible } from "../text.js";
import { html } from "../ui.js";
import { placeOfRule } from "./places.js";
import { readText } from "./yaml_text.js";

const LONGEST = 90;

export function Rules({ document }) {
  const model = document.model.value;
  const names = Object.entries(model?.fired_by_rule ?? {});
  if (!names.length) return null;
  const rules = model.definition.rules ?? [];
  return html`
    <section class="rules" aria-label="Rules">
      <h3>Rules in force</h3>
      <ol>
        ${names.map(
          ([name, fired], index) => html`
          <li key=${name}>
            <button class="quiet" title="Go to it in the editor" onClick=${() => goTo(document, index)}>
              <strong>${visible(name)}</strong><span>${visible(summaryOf(rules[index]))}</span>
            </button>
            <${Fired} fired=${fired} rule=${name} endpoint=${document.name} />
          </li>
        `,
        )}
      </ol>
      <p class="note">Counted by name since the server was started.</p>
    </section>
  `;
}

function Fired({ fired, rule, endpoint }) {
  if (!fired) return html`<span class="never">never fired</span>`;
  const href = hrefOf("traffic", { endpoint, rule });
  return html`<a href=${href} title="Show it in the traffic">fired ${count(fired)}×</a>`;
}

function goTo(document, index) {
  const { tree } = readText(document.text.value);
  const place = placeOfRule(tree, index);
  if (place !== null) document.goTo.value = place;
}

/** When a rule fires, in short. */
function summaryOf({ trigger = "message", match, state } = {}) {
  const when = match ? JSON.stringify(match) : trigger === "message" ? "every message" : "";
  const texts = [trigger === "message" ? "" : `on ${trigger}`, when, stateText(state)];
  const text = texts.filter(Boolean).join(" ");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const stateText = (state) => state && `in the state ${[state].flat().join(" or ")}`;
