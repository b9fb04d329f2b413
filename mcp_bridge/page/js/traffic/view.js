/** The traffic: filters, the list, the entry in detail. */

import { useKeys } from "../keys.js";
import { params } from "../route.js";
import { rate, ring } from "../store/traffic.js";
import { count } from "../text.js";
import { effect, html, useEffect } from "../ui.js";
import { Detail } from "./detail.js";
import { FilterBar, resetFilters, SEARCH_ID } from "./filter_bar.js";
import { goToEnd, List, reveal, ROW } from "./list.js";
import {
  clear,
  close,
  drawn,
  follow,
  isDetailOpen,
  matches,
  openDetail,
  pause,
  pausedAt,
  selectBy,
  selected,
  wanted,
} from "./state.js";

export function View() {
  useEffect(follow, []);
  useEffect(() => effect(revealWanted), []);
  useKeys("Traffic", BINDINGS);
  return html`
    <section class="traffic ${isDetailOpen.value ? "has-detail" : ""}" aria-label="Traffic">
      <${FilterBar} />
      <div class="list-area">
        <${List} />
        <${Nothing} />
      </div>
      ${isDetailOpen.value && html`<${Detail} entry=${selected.value} />`}
      <${Foot} />
    </section>
  `;
}

/** Scroll to the entry that somebody wants to see, once the list has it and is drawn. */
function revealWanted() {
  drawn.value;
  const entry = wanted.value;
  if (!entry || matches.shown.at(matches.placeOf(entry.index)) !== entry) return;
  wanted.value = null;
  requestAnimationFrame(() => reveal(entry));
}

const LIST = ".traffic [role=grid]";

const page = () => Math.max(1, Math.floor(document.querySelector(LIST).clientHeight / ROW) - 2);

function move(rows) {
  const entry = selectBy(rows);
  if (entry) reveal(entry);
}

const BINDINGS = [
  { keys: "ArrowDown j", does: "next entry", act: () => move(1) },
  { keys: "ArrowUp k", does: "previous entry", act: () => move(-1) },
  { keys: "PageDown", does: "a page down", act: () => move(page()) },
  { keys: "PageUp", does: "a page up", act: () => move(-page()) },
  { keys: "Home", does: "first entry", act: () => move(-Infinity) },
  { keys: "End", does: "last entry, and follow", act: () => (move(Infinity), goToEnd()) },
  {
    keys: "Enter",
    does: "show the entry in detail",
    act: () => selected.value && openDetail(selected.value),
  },
  {
    keys: "Escape",
    does: "leave the field, close the details, reset the filters",
    act: leave,
    inFields: true,
  },
  { keys: "/", does: "filter", act: () => document.getElementById(SEARCH_ID).select() },
  { keys: "p", does: "pause and resume", act: pause },
  { keys: "x", does: "clear the view", act: clear },
];

function leave({ target }) {
  const isField = target.matches("input, select, textarea");
  if (isField || isDetailOpen.value) {
    if (!isField) close();
    document.querySelector(LIST).focus({ preventScroll: true });
  } else resetFilters();
}

/** What to say instead of an empty list. */
function Nothing() {
  drawn.value;
  if (matches.shown.length) return null;
  if (ring.length) return html`<p class="empty">No entry matches the filters.</p>`;
  return html`
    <div class="empty">
      <p>Nothing has happened yet.</p>
      <p>Connect a WebSocket client to the address above: its traffic appears as it happens.</p>
    </div>
  `;
}

function Foot() {
  drawn.value;
  const { length } = matches.shown;
  const missed = pausedAt.value === null ? 0 : ring.end - pausedAt.value;
  return html`
    <footer class="foot">
      <span>${count(length)} of ${count(ring.length)} entries</span>
      <span>${rate.value > 0 && `${count(rate.value)}/s`}</span>
      ${pausedAt.value !== null && html`<strong>Paused, ${count(missed)} waiting</strong>`}
      <span class="spring"></span>
      <span class="hint">
        ${
          params.value.whole
            ? "The server looks for the text in whole text messages"
            : "Texts are looked for in the first 200 characters of payloads"
        }
      </span>
    </footer>
  `;
}
