/** What the traffic view shows. It outlives the view, so that a return finds it as it was. */

import { namespace, params } from "../route.js";
import { revision, ring } from "../store/traffic.js";
import { batch, computed, effect, signal, untracked } from "../ui.js";
import { compileFilters } from "./filters.js";
import { Matches } from "./matches.js";
import { trial, tryExpressions } from "./regex_trial.js";
import { followServerFilter, found } from "./server_filter.js";

/** The time in one frame for looking at entries, in ms. */
const SLICE_MS = 6;

export const matches = new Matches(ring);

/** Grows when `matches` has changed. */
export const drawn = signal(0);

/** @type {import("../ui.js").Signal<import("../store/traffic.js").Entry | null>} */
export const selected = signal(null);

/** Whether the details of the selected entry are shown. */
export const isDetailOpen = signal(false);

/** The index of the entry before which the view was paused; null: it is not paused. */
export const pausedAt = signal(null);

/** The index before which entries were cleared from the view. */
export const clearedAt = signal(0);

export const filters = computed(() =>
  compileFilters(params.value, namespace.value, found.value, trial.value),
);

let isPlanned = false;

/** Show what happens, until the returned function is called. */
export function follow() {
  const stops = [
    followServerFilter(),
    tryExpressions(),
    effect(() => {
      const { test, isTrying } = filters.value;
      const from = clearedAt.value;
      if (isTrying) return;
      matches.begin(test, from);
      untracked(advance);
    }),
    effect(() => {
      revision.value;
      pausedAt.value;
      untracked(advance);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

function advance() {
  const isDone = matches.advance(SLICE_MS, pausedAt.value ?? ring.end);
  drawn.value += 1;
  if (isDone || isPlanned) return;
  isPlanned = true;
  requestAnimationFrame(() => {
    isPlanned = false;
    advance();
  });
}

export function pause() {
  pausedAt.value = pausedAt.value === null ? ring.end : null;
}

/** Clear the view; the entries stay on the page and the server. */
export function clear() {
  batch(() => {
    clearedAt.value = ring.end;
    if (pausedAt.value !== null) pausedAt.value = ring.end;
    close();
  });
}

export function unclear() {
  clearedAt.value = 0;
}

/** Select an entry. */
export function select(entry) {
  selected.value = entry;
}

/** Show an entry in detail. */
export function openDetail(entry) {
  batch(() => {
    selected.value = entry;
    isDetailOpen.value = entry !== null;
  });
}

/** The entry to scroll to as soon as it is in the list; null: none. */
export const wanted = signal(null);

/** Show an entry in detail, in its place in the list, for who opens the view. */
export function showEntry(entry) {
  batch(() => {
    if (entry.index < clearedAt.value) unclear();
    if (pausedAt.value !== null && entry.index >= pausedAt.value) pausedAt.value = null;
    openDetail(entry);
    wanted.value = entry;
  });
}

export function close() {
  isDetailOpen.value = false;
}

/** Select the entry that is some rows away; `Infinity` means the last. It is returned, if any. */
export function selectBy(rows) {
  const { shown } = matches;
  if (!shown.length) return null;
  const at = selected.value
    ? matches.placeOf(selected.value.index)
    : rows < 0
      ? shown.end
      : shown.first - 1;
  const place = Math.min(Math.max(at + rows, shown.first), shown.end - 1);
  select(shown.at(place));
  return shown.at(place);
}
