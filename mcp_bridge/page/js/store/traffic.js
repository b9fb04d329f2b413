/** The newest entries of the journal, for all views. They come from the feed. */

import { untracked, signal } from "../ui.js";
import { Ring } from "./ring.js";

/** The most entries that the page keeps. */
export const CAPACITY = 100_000;

/** Entries that may wait for the next frame. A hidden page has none, so they are taken earlier. */
const MOST_WAITING = 5_000;
const HIDDEN_MS = 250;
const MOST_NAMES = 500;

/**
 * One thing that happened: `EntryModel` of the server, with what the page adds. The
 * server leaves out what an entry does not have.
 * @typedef {object} Entry
 * @property {number} index its place in the ring; the server's numbers begin anew when it restarts
 * @property {number} run how many restarts of the server the page had seen
 * @property {number} at when it happened, in ms since 1970
 * @property {number | null} seq the server's number; null for a notice
 * @property {string} kind as in the journal, or "notice": the page itself says something
 * @property {string} [direction]
 * @property {string} [client]
 * @property {string} [namespace]
 * @property {string} [endpoint]
 * @property {number} attempt
 * @property {number} [size]
 * @property {string} [payload] its beginning; base64 if the message is binary
 * @property {boolean} [truncated]
 * @property {Record<string, any>} details
 */

/** @type {Ring} of entries */
export const ring = new Ring(CAPACITY);

/** Grows once for each frame in which entries came. Read it to be drawn again. */
export const revision = signal(0);

/** The names of endpoints and clients that were seen lately, for choices. */
export const seen = { endpoint: new Set(), client: new Set(), namespace: new Set() };

/** The entries that came during the last second. */
export const rate = signal(0);

let waiting = [];
let counted = 0;
let isPlanned = false;
let run = 0;

/** Take an entry of the feed; it is in the ring with the next frame. */
export function receive(entry) {
  waiting.push(entry);
  if (waiting.length >= MOST_WAITING) applyWaiting();
  else plan();
}

/** Put a text between the entries: something that concerns all that follow. */
export function receiveNotice(text) {
  const now = new Date().toISOString();
  receive({ seq: null, time: now, kind: "notice", attempt: 1, payload: text, details: {} });
}

/** From now on entries come from a server that was started anew. */
export function beginRun() {
  applyWaiting();
  run += 1;
}

/** The number of the current run, to tell whether the server still has an entry. */
export const currentRun = () => run;

function plan() {
  if (isPlanned) return;
  isPlanned = true;
  if (document.hidden) setTimeout(applyWaiting, HIDDEN_MS);
  else requestAnimationFrame(applyWaiting);
}

function applyWaiting() {
  isPlanned = false;
  if (!waiting.length) return;
  for (const entry of waiting) {
    entry.details ??= {};
    entry.index = ring.end;
    entry.run = run;
    entry.at = Date.parse(entry.time);
    for (const name of Object.keys(seen)) remember(seen[name], entry[name]);
    ring.push(entry);
  }
  waiting = [];
  revision.value = untracked(() => revision.value) + 1;
}

function remember(names, name) {
  if (name == null || names.has(name)) return;
  names.add(name);
  if (names.size > MOST_NAMES) names.delete(names.values().next().value);
}

setInterval(() => {
  rate.value = ring.end - counted;
  counted = ring.end;
}, 1_000);

// A frame that was planned does not come while the page is hidden.
document.addEventListener("visibilitychange", () => {
  if (waiting.length) setTimeout(applyWaiting, HIDDEN_MS);
});
