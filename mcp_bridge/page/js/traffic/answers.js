/** What a message was answered with, and how a rule says it for other messages. */

import { isDigits, readJson } from "../json.js";
import { ring } from "../store/traffic.js";
import { hex } from "../text.js";
import { kept } from "./payload.js";

const MOST_AHEAD = 200;
const MOST_ANSWERS = 5;
/** Milliseconds after the first answer in which the others must come. */
const TOGETHER = 50;

/** A text that stands in an answer under another key; shorter ones are alike by chance. */
const TELLING_LENGTH = 4;

/**
 * The messages that the same client got after an entry: the first one, and those right behind it.
 * @param {import("../store/traffic.js").Entry} entry
 * @returns {import("./payload.js").Payload[]}
 */
export function answersTo(entry) {
  const answers = [];
  const until = Math.min(ring.end, entry.index + MOST_AHEAD);
  for (let at = entry.index + 1; at < until && answers.length < MOST_ANSWERS; at += 1) {
    const next = ring.at(at);
    if (next?.client !== entry.client || !["text", "binary"].includes(next.kind)) continue;
    if (next.direction !== "sent" || next.truncated) break;
    if (answers.length && next.at - answers[0].entry.at > TOGETHER) break;
    answers.push(kept(next));
  }
  return answers;
}

/**
 * The action that sends a message that was seen.
 * @param {import("./payload.js").Payload} payload
 * @param {object} said what the answered message said, by its keys; see `valuesOf`
 */
export function sendOf({ entry, data, text }, said = {}) {
  if (entry.kind === "binary") return { send: { binary: `hex:${hex(data).replaceAll(" ", "")}` } };
  const read = readJson(text);
  // What looks like a template in a message that was seen is none.
  if (/\{[{%#]/.test(text))
    return { send: { ...(read ? { json: read.value } : { text }), template: false } };
  return { send: read ? { json: repeating(read.value, said, null) } : { text } };
}

/**
 * What a JSON message says that the next one may say differently: its ids, texts and numbers.
 * @param {import("./payload.js").Payload} payload
 * @param {object} [match] the conditions of the rule, which fix some of it
 */
export function valuesOf({ entry, text }, match) {
  const { value } = (entry.kind === "text" && readJson(text)) || {};
  if (!value || typeof value !== "object" || Array.isArray(value) || isDigits(value)) return {};
  const varies = ([key, one]) =>
    ["string", "number"].includes(typeof one) &&
    one !== "" &&
    /^[A-Za-z]\w*$/.test(key) &&
    !(`$.${key}` in (match?.json ?? {}));
  return Object.fromEntries(Object.entries(value).filter(varies));
}

/** A value in which a template stands for each part that repeats what the message said. */
function repeating(value, said, key) {
  if (isDigits(value)) return value;
  if (Array.isArray(value)) return value.map((one) => repeating(one, said, null));
  if (value && typeof value === "object") {
    const parts = Object.entries(value).map(([name, one]) => [name, repeating(one, said, name)]);
    return Object.fromEntries(parts);
  }
  const source = key in said && said[key] === value ? key : elsewhere(value, said);
  return source === undefined ? value : `{{ message.json.${source} }}`;
}

function elsewhere(value, said) {
  if (typeof value !== "string" || value.length < TELLING_LENGTH) return undefined;
  return Object.keys(said).find((name) => said[name] === value);
}
