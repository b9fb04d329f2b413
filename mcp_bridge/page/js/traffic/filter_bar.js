/** The fields above the list: what to show. They write to the address. */

import { Icon } from "../parts/icon.js";
import { params, setParams } from "../route.js";
import { revision, seen } from "../store/traffic.js";
import { html, useId, useState } from "../ui.js";
import { ConditionsDialog } from "./conditions.js";
import { FILTERS, inFields } from "./filters.js";
import { clear, clearedAt, filters, pause, pausedAt, unclear } from "./state.js";

const KINDS = [
  ["message", "messages"],
  ["text", "text"],
  ["binary", "binary"],
  ["handshake", "handshakes"],
  ["open", "opens"],
  ["close", "closes"],
  ["http", "HTTP"],
  ["request", "requests"],
  ["response", "responses"],
  ["event", "events"],
  ["ping", "pings"],
  ["pong", "pongs"],
  ["rule", "rules"],
  ["fault", "faults"],
  ["verdict", "verdicts"],
  ["error", "errors"],
];
const DIRECTIONS = [
  ["received", "↑ from clients"],
  ["sent", "↓ to clients"],
];

/** Those without a field of their own: they come from the details of an entry. */
const IN_FIELDS = ["kind", "direction", "endpoint", "client", "text", "regex", "whole"];

export const SEARCH_ID = "search";

export function FilterBar() {
  const { isTrying } = filters.value;
  const problem = isTrying ? "" : filters.value.problem;
  const { text = "", regex, whole, match } = params.value;
  const isPaused = pausedAt.value !== null;
  const [isAsking, setAsking] = useState(false);
  return html`
    <div class="bar" role="toolbar" aria-label="Traffic">
      <div class="search ${problem ? "is-wrong" : ""}">
        <${Icon} name="search" />
        <input id=${SEARCH_ID} type="search" placeholder="Filter ( / )" value=${text}
          aria-label="Text to look for" spellcheck=${false} autocomplete="off"
          aria-invalid=${problem ? "true" : undefined}
          aria-describedby=${problem ? "search-problem" : undefined}
          onInput=${({ currentTarget }) => setParams({ text: currentTarget.value })} />
        <button class="toggle" aria-pressed=${Boolean(regex)} title="Regular expression"
          aria-label="Regular expression"
          onClick=${() => setParams({ regex: regex ? undefined : "1" })}>.*</button>
        <button class="toggle" aria-pressed=${Boolean(whole)} aria-label="Look in whole messages"
          title="Look in whole messages, not only in the first 200 characters"
          onClick=${() => setParams({ whole: whole ? undefined : "1" })}>↔</button>
        ${problem && html`<span id="search-problem" class="problem" role="alert">${problem}</span>`}
      </div>
      <${Choice} name="kind" all="all kinds" options=${KINDS} />
      <${Choice} name="direction" all="both directions" options=${DIRECTIONS} />
      <${Names} name="endpoint" />
      <${Names} name="client" />
      <button class=${match ? "is-set" : ""}
        title=${match ?? "More conditions, as the tools take them"}
        onClick=${() => setAsking(true)}>Conditions</button>
      <${Chips} />
      <span class="spring"></span>
      <button aria-pressed=${isPaused} onClick=${pause} title="Pause (p)">
        <${Icon} name=${isPaused ? "resume" : "pause"} />${isPaused ? "Resume" : "Pause"}
      </button>
      <button onClick=${clear} title="Clear the view (x); nothing is deleted">
        <${Icon} name="clear" />Clear
      </button>
    </div>
    ${isAsking && html`<${ConditionsDialog} onClose=${() => setAsking(false)} />`}
  `;
}

function Choice({ name, all, options }) {
  const chosen = params.value[name] ?? "";
  return html`
    <select aria-label=${name} class=${chosen && "is-set"} value=${chosen}
      onChange=${({ currentTarget }) => setParams({ [name]: currentTarget.value })}>
      <option value="">${all}</option>
      ${options.map(([value, title]) => html`<option value=${value}>${title}</option>`)}
    </select>
  `;
}

/** A field for a name: one that was seen is taken at once, any other when it is complete. */
function Names({ name }) {
  const list = useId();
  revision.value;
  const take = ({ currentTarget: { value } }) => setParams({ [name]: value });
  const takeKnown = (event) => {
    const { value } = event.currentTarget;
    if (!value || seen[name].has(value)) take(event);
  };
  return html`
    <input class="name ${params.value[name] ? "is-set" : ""}" list=${list} placeholder=${name}
      aria-label=${name} value=${params.value[name] ?? ""} autocomplete="off" spellcheck=${false}
      onInput=${takeKnown} onChange=${take} />
    <datalist id=${list}>
      ${[...seen[name]].sort().map((one) => html`<option value=${one} />`)}
    </datalist>
  `;
}

function Chips() {
  const others = Object.entries(inFields(params.value)).filter(
    ([name]) => !IN_FIELDS.includes(name),
  );
  const isAny = FILTERS.some((name) => params.value[name]);
  return html`
    ${others.map(
      ([name, value]) => html`
        <button class="chip" aria-label="Remove the condition ${name}"
          onClick=${() => setParams({ [name]: undefined })}>
          ${name.replaceAll("_", " ")}: ${String(value)}<${Icon} name="dismiss" />
        </button>
      `,
    )}
    ${
      clearedAt.value > 0 &&
      html`<button class="chip" onClick=${unclear} aria-label="Show what was cleared">
      cleared<${Icon} name="dismiss" />
    </button>`
    }
    ${isAny && html`<button class="quiet text" onClick=${resetFilters}>Reset filters</button>`}
  `;
}

export function resetFilters() {
  setParams(Object.fromEntries(FILTERS.map((name) => [name, undefined])));
}
