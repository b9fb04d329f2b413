/** Makes a rule of a message that was seen. */

import { call } from "../api.js";
import { offerDraft } from "../drafts.js";
import { isDigits, readJson } from "../json.js";
import { ring } from "../store/traffic.js";
import { hex } from "../text.js";
import { kept } from "./payload.js";

/** Keys that tell the kinds of messages apart, in the order in which they are looked for. */
const TELLING = [
  "type",
  "op",
  "event",
  "action",
  "method",
  "command",
  "cmd",
  "kind",
  "topic",
  "channel",
];
const MOST_KEYS = 3;
const NAME = /^[\w .:-]{1,40}$/;
const MOST_AHEAD = 200;

/**
 * Offer a draft of a rule that answers messages like this one.
 * @param {import("../store/traffic.js").Entry} entry a message
 * @param {import("./payload.js").Payload} payload
 */
export async function draftFrom(entry, payload) {
  const isAsked = entry.direction === "received";
  const answer = isAsked ? answerTo(entry) : { entry, payload };
  const name = isAsked ? nameFrom(payload) : null;
  const rule = {
    ...(name && { name }),
    ...(isAsked ? { match: conditionOn(payload) } : { trigger: "connect" }),
    do: [answer ? { send: contentOf(answer.payload) } : { send: { text: "TODO: the answer" } }],
  };
  offerDraft({ namespace: entry.namespace, endpoint: await placeOf(entry), rule });
}

/** What a message calls itself, such as its type; null if it does not, or not in a few words. */
function nameFrom({ entry, text }) {
  const { value } = (entry.kind === "text" && readJson(text)) || {};
  const names = TELLING.map((key) => value?.[key]);
  return names.find((name) => typeof name === "string" && NAME.test(name)) ?? null;
}

/** The first message to the same client after an entry. */
function answerTo(entry) {
  const until = Math.min(ring.end, entry.index + MOST_AHEAD);
  for (let at = entry.index + 1; at < until; at += 1) {
    const next = ring.at(at);
    if (next?.client !== entry.client || !["text", "binary"].includes(next.kind)) continue;
    return next.direction === "sent" && !next.truncated
      ? { entry: next, payload: kept(next) }
      : null;
  }
  return null;
}

function conditionOn({ entry, data, text }) {
  if (entry.kind === "binary") return { binary: `hex:${hex(data).replaceAll(" ", "")}` };
  const { value } = readJson(text) ?? {};
  if (!value || typeof value !== "object" || Array.isArray(value) || isDigits(value))
    return { text };
  const scalars = Object.keys(value).filter(
    (key) => typeof value[key] !== "object" && /^\w+$/.test(key),
  );
  const telling = TELLING.filter((key) => scalars.includes(key));
  const keys = (telling.length ? telling : scalars).slice(0, MOST_KEYS);
  if (!keys.length) return { json: { includes: value } };
  return { json: Object.fromEntries(keys.map((key) => [`$.${key}`, value[key]])) };
}

function contentOf({ entry, data, text }) {
  if (entry.kind === "binary") return { binary: `hex:${hex(data).replaceAll(" ", "")}` };
  const read = readJson(text);
  const content = read ? { json: read.value } : { text };
  // What looks like a template in a message that was seen is none.
  return /\{[{%#]/.test(text) ? { ...content, template: false } : content;
}

/** The endpoint of an entry, or a path for a new one: that of the client, if it is still there. */
async function placeOf({ endpoint, client, namespace }) {
  if (endpoint) {
    const asked = { name: endpoint, namespace: namespace ?? undefined };
    const found = await call("list_websocket_mocks", asked, { quiet: true }).catch(() => null);
    const path = found?.endpoints[0]?.path;
    return { name: endpoint, ...(path && { path }) };
  }
  const asked = { namespace: namespace ?? undefined };
  const listed = await call("get_websocket_clients", asked, { quiet: true }).catch(() => null);
  return { path: listed?.clients.find((one) => one.id === client)?.path ?? "/new" };
}
