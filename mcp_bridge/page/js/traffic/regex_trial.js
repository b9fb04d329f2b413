/**
 * A regular expression of JavaScript may run for hours on one text, and the page with it. So each is
 * tried first, on a thread that can be ended, with what the list has.
 */

import { params } from "../route.js";
import { ring } from "../store/traffic.js";
import { effect, signal } from "../ui.js";
import { searched } from "./summary.js";

const LIMIT_MS = 500;
const MOST_TEXTS = 2_000;

export const TOO_SLOW =
  "This takes too long here. Look in whole messages (↔): the server needs linear time for it.";

/** The expression that was tried last: `state` is "trying", "usable" or "slow". */
export const trial = signal({ source: "", state: "usable" });

/** Try what is typed, until the returned function is called. */
export function tryExpressions() {
  return effect(() => {
    const { text, regex, whole } = params.value;
    const isTried = regex && text && !whole && isValid(text);
    return isTried ? tryOut(text) : undefined;
  });
}

function isValid(source) {
  try {
    return Boolean(new RegExp(source, "iu"));
  } catch {
    return false;
  }
}

function tryOut(source) {
  trial.value = { source, state: "trying" };
  const worker = new Worker("/page/js/traffic/regex_worker.js");
  const end = (state) => {
    clearTimeout(timer);
    worker.terminate();
    if (state) trial.value = { source, state };
  };
  const timer = setTimeout(() => end("slow"), LIMIT_MS);
  worker.addEventListener("message", () => end("usable"));
  worker.postMessage({ source, texts: samples() });
  return () => end();
}

/** Texts from everywhere in the list. */
function samples() {
  const step = Math.max(1, Math.floor(ring.length / MOST_TEXTS));
  const texts = [];
  for (let at = ring.end - 1; at >= ring.first; at -= step) texts.push(searched(ring.at(at)));
  return texts;
}
