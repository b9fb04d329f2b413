import { Icon } from "../parts/icon.js";
import { bytes, duration, timeOfDay, visible } from "../text.js";
import { namespace as chosenNamespace } from "../route.js";
import { Component, html } from "../ui.js";
import { outcomeOf, summaryOf } from "./summary.js";

/** The columns: a name for styles, a title, and what it is. */
export const COLUMNS = [
  { name: "seq", title: "#", hint: "The number of the entry in the journal" },
  { name: "time", title: "Time", hint: "Time of day" },
  { name: "delta", title: "Δ", hint: "Time since the row above" },
  { name: "kind", title: "Kind", hint: "↑ from the client, ↓ to the client, and what it is" },
  { name: "client", title: "Client", hint: "The id of the client" },
  { name: "endpoint", title: "Endpoint", hint: "The name of the endpoint" },
  { name: "attempt", title: "Att.", hint: "The number of the connection of the same client" },
  { name: "size", title: "Size", hint: "The whole payload" },
  { name: "outcome", title: "Outcome", hint: "The rule or fault that acted, a verdict, a code" },
  { name: "payload", title: "Payload", hint: "Its beginning" },
];

const NO_DIRECTION = { icon: "none", text: "" };
const DIRECTIONS = {
  received: { icon: "received", text: "from the client" },
  sent: { icon: "sent", text: "to the client" },
};

/**
 * One line of the list. It is drawn again only for another entry, place or selection.
 * Props: `entry`, `above` (the entry in the row above, if any), `rowIndex`, `isSelected`, `id`.
 */
export class Row extends Component {
  shouldComponentUpdate(next) {
    const now = this.props;
    return (
      next.entry !== now.entry ||
      next.above !== now.above ||
      next.rowIndex !== now.rowIndex ||
      next.isSelected !== now.isSelected
    );
  }

  render({ entry, above, rowIndex, isSelected, id }) {
    const { kind } = entry;
    if (kind === "notice") return html`<${Notice} ...${{ entry, rowIndex, isSelected, id }} />`;
    const direction = DIRECTIONS[entry.direction] ?? NO_DIRECTION;
    const outcome = outcomeOf(entry);
    return html`
      <div role="row" id=${id} aria-rowindex=${rowIndex} aria-selected=${isSelected}
        class="row kind-${kind} ${entry.direction ?? "neither"} tone-${outcome.tone}"
        data-index=${entry.index}>
        <span role="gridcell" class="seq">${entry.seq}</span>
        <span role="gridcell" class="time">${timeOfDay(entry.at)}</span>
        <span role="gridcell" class="delta">${isTimed(above) ? since(entry.at - above.at) : ""}</span>
        <span role="gridcell" class="kind">
          <${Icon} name=${direction.icon} /><${Icon} name=${kindIcon(entry)} />
          ${kind}<span class="unseen"> ${direction.text}</span>
        </span>
        <span role="gridcell" class="client">${entry.client}</span>
        <span role="gridcell" class="endpoint">${visible(placeOf(entry))}</span>
        <span role="gridcell" class="attempt">${entry.attempt > 1 ? entry.attempt : ""}</span>
        <span role="gridcell" class="size">${entry.size === undefined ? "" : bytes(entry.size)}</span>
        <span role="gridcell" class="outcome">
          ${outcome.icon && html`<${Icon} name=${outcome.icon} />`}
          <span>${visible(outcome.text)}</span>
        </span>
        <span role="gridcell" class="payload" dir="ltr">${summaryOf(entry)}</span>
      </div>
    `;
  }
}

function Notice({ entry, rowIndex, isSelected, id }) {
  return html`
    <div role="row" id=${id} aria-rowindex=${rowIndex} aria-selected=${isSelected}
      class="row kind-notice" data-index=${entry.index}>
      <span role="gridcell" class="notice" aria-colspan=${COLUMNS.length}>
        <${Icon} name="notice" /><span>${timeOfDay(entry.at)} ${entry.payload}</span>
      </span>
    </div>
  `;
}

/** A notice has the time at which the page wrote it, which says nothing about the entries around it. */
const isTimed = (entry) => entry != null && entry.kind !== "notice";

const since = (ms) => `${ms < 0 ? "" : "+"}${duration(ms)}`;

/** The endpoint, after its namespace if the list has those of several. */
function placeOf({ namespace, endpoint }) {
  const isOfMany = namespace && chosenNamespace.value === "*";
  return isOfMany ? `${namespace}: ${endpoint ?? "–"}` : (endpoint ?? "");
}

function kindIcon({ kind, details }) {
  return kind === "verdict" ? (details.passed ? "passed" : "failed") : kind;
}
