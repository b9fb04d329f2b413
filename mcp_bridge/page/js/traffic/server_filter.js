/**
 * The part of the filters that the server applies: conditions on the content of messages, and texts
 * in whole messages, of which the page has only the beginnings. The server streams the numbers of
 * what matches; its regular expressions take linear time.
 */

import { call } from "../api.js";
import { params } from "../route.js";
import { connection } from "../store/feed.js";
import { currentRun, ring } from "../store/traffic.js";
import { computed, effect, signal } from "../ui.js";

/** How often at most the list is made anew for what was found, in ms. */
const TOLD_EVERY_MS = 250;

const NONE = { has: null, problem: "" };

/**
 * What was found: `has(entry)` tells whether an entry is among it; null: the server need not look.
 * `problem` says why the conditions cannot be used.
 */
export const found = signal(NONE);

const wanted = computed(() => {
  if (connection.value.state !== "live") return "";
  const { text, regex, whole, match } = params.value;
  const conditions = match ? readConditions(match) : {};
  if (whole && text) return JSON.stringify(withText(conditions, regex ? text : escaped(text)));
  return match ? JSON.stringify(conditions) : "";
});

const escaped = (text) => text.replace(/[\\^$.|?*+()[\]{}-]/g, "\\$&");

function withText(conditions, pattern) {
  const text = { matches: `(?i)${pattern}` };
  const given = conditions.match?.text;
  const both = given === undefined ? text : { all: [given, text] };
  return { ...conditions, match: { ...conditions.match, text: both } };
}

/** Conditions of the address as an object; what is no JSON object has none. */
export function readConditions(match) {
  try {
    const read = JSON.parse(match);
    return read && typeof read === "object" && !Array.isArray(read) ? read : {};
  } catch {
    return {};
  }
}

/** Say what is wrong with conditions, in the words of the server; "" if nothing is. */
export async function problemOf(match) {
  try {
    const args = { match, limit: 1, namespace: "*", detail: "summary" };
    await call("get_websocket_traffic", args, { quiet: true });
    return "";
  } catch ({ message }) {
    return message;
  }
}

/** Let the server look for what the address says, until the returned function is called. */
export function followServerFilter() {
  return effect(() => {
    const match = wanted.value;
    found.value = NONE;
    return match ? look(match) : undefined;
  });
}

function look(match) {
  const run = currentRun();
  const numbers = new Set();
  const has = (entry) => entry.run === run && numbers.has(entry.seq);
  found.value = { has, problem: "" };
  const first = ring.at(ring.first)?.seq ?? 1;
  const query = new URLSearchParams({
    namespace: "*",
    detail: "summary",
    after: String(first - 1),
    match,
  });
  const source = new EventSource(`/events?${query}`);
  let timer = 0;
  source.addEventListener("entry", ({ lastEventId }) => {
    numbers.add(Number(lastEventId));
    timer ||= setTimeout(() => {
      timer = 0;
      found.value = { ...found.peek() };
    }, TOLD_EVERY_MS);
  });
  source.addEventListener("error", async () => {
    if (source.readyState !== EventSource.CLOSED) return;
    // An event source does not tell why it is refused; a call does.
    const problem = await problemOf(JSON.parse(match));
    if (wanted.peek() === match) found.value = { ...found.peek(), problem };
  });
  return () => {
    source.close();
    clearTimeout(timer);
  };
}
