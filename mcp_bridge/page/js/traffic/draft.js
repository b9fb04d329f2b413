/** Makes a rule of a message that was seen. */

import { call } from "../api.js";
import { offerDraft } from "../drafts.js";
import { isDigits, readJson } from "../json.js";
import { hex } from "../text.js";
import { answersTo, sendOf, valuesOf } from "./answers.js";

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

/**
 * Offer a draft of a rule that answers messages like this one.
 * @param {import("../store/traffic.js").Entry} entry a message
 * @param {import("./payload.js").Payload} payload
 */
export async function draftFrom(entry, payload) {
  const isAsked = entry.direction === "received";
  const name = isAsked ? nameFrom(payload) : null;
  const match = isAsked ? conditionOn(payload) : undefined;
  const said = isAsked ? valuesOf(payload, match) : {};
  const sent = (isAsked ? answersTo(entry) : [payload]).map((one) => sendOf(one, said));
  const rule = {
    ...(name && { name }),
    ...(match ? { match } : { trigger: "connect" }),
    do: sent.length ? sent : [{ send: { text: "TODO: the answer" } }],
  };
  offerDraft({ namespace: entry.namespace, endpoint: await placeOf(entry), rule });
}

/** What a message calls itself, such as its type; null if it does not, or not in a few words. */
function nameFrom({ entry, text }) {
  const { value } = (entry.kind === "text" && readJson(text)) || {};
  const names = TELLING.map((key) => value?.[key]);
  return names.find((name) => typeof name === "string" && NAME.test(name)) ?? null;
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
