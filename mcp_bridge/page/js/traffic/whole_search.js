/**
 * Looks for texts in whole messages. The page has only the beginnings of payloads, so the server
 * looks, with regular expressions that take linear time, and streams the numbers of what it finds.
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
 * What was found: `has(entry)` tells whether an entry is among it; null: nobody looks. `problem`
 * says why the regular expression cannot be used.
 */
export const found = signal(NONE);

const wanted = computed(() => {
  const { text, regex, whole } = params.value;
  if (!whole || !text || connection.value.state !== "live") return "";
  const pattern = regex ? text : text.replace(/[\\^$.|?*+()[\]{}-]/g, "\\$&");
  return JSON.stringify({ kind: "text", match: { text: { matches: `(?i)${pattern}` } } });
});

/** Look for what the address says, until the returned function is called. */
export function searchWhole() {
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
  const query = new URLSearchParams({ namespace: "*", detail: "summary", after: String(first - 1), match });
  const source = new EventSource(`/events?${query}`);
  let timer = 0;
  source.addEventListener("entry", ({ lastEventId }) => {
    numbers.add(Number(lastEventId));
    timer ||= setTimeout(() => {
      timer = 0;
      found.value = { ...found.peek() };
    }, TOLD_EVERY_MS);
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) tellProblem(match);
  });
  return () => {
    source.close();
    clearTimeout(timer);
  };
}

/** An event source does not tell why it is refused; a call does. */
async function tellProblem(match) {
  try {
    await call("get_websocket_traffic", { match: JSON.parse(match), limit: 1 }, { quiet: true });
  } catch ({ message }) {
    found.value = { ...found.peek(), problem: message };
  }
}
