// Turns what JavaScript has into the documents of mocks files: bytes, regular expressions, durations.

import { MockError } from "./errors.js";

const FLAGS = new Set(["i", "m", "s"]);

const CONTENT = new Set(["text", "json", "json_of", "binary", "fields", "type", "size"]);
const OF_CLOSES = new Set(["code", "reason"]);
const ABOUT_MESSAGES = new Set(["message", "text", "binary", "ping", "pong"]);

/** Return a value as JSON has it. Throws MockError for what JSON does not have. */
export function plain(value, place = "value") {
  if (value instanceof RegExp) return matcher(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return hex(value);
  if (Array.isArray(value)) return value.map((one, index) => plain(one, `${place}[${index}]`));
  if (value !== null && typeof value === "object") return plainObject(value, place);
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint") {
    throw new MockError(`${place}: a ${typeof value} is not JSON, and the server runs elsewhere.`);
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new MockError(`${place}: ${value} is not JSON.`);
  }
  return value;
}

function plainObject(value, place) {
  if (typeof value.toJSON === "function") return plain(value.toJSON(), place);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const kind = value.constructor?.name ?? "object of a class";
    throw new MockError(`${place}: a ${kind} is not JSON. Give plain objects and lists.`);
  }
  return given(
    Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, plain(one, `${place}.${name}`)]),
    ),
  );
}

/** Return the properties that are not undefined. */
export function given(properties) {
  return Object.fromEntries(Object.entries(properties).filter(([, one]) => one !== undefined));
}

function matcher(expression) {
  const flags = [...expression.flags].filter((flag) => FLAGS.has(flag)).join("");
  return { matches: flags ? `(?${flags})${expression.source}` : expression.source };
}

function hex(data) {
  const bytes = ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
  return `hex:${bytes.toString("hex")}`;
}

/** Return a duration for a document: numbers are milliseconds, texts such as "2s" stay. */
export function duration(value) {
  return typeof value === "number" ? `${value}ms` : value;
}

/** Return the rule of conditions, as in a mocks file, without its actions. */
export function ruleDocument(trigger, conditions) {
  const { content, rest } = split(conditions, (name) => CONTENT.has(name) || OF_CLOSES.has(name));
  return given({ trigger, ...rest, match: Object.keys(content).length ? content : undefined });
}

/** Return conditions on an entry, as the tools take them. */
export function entryMatch(conditions) {
  const { content, rest } = split(conditions, (name) => CONTENT.has(name));
  const { direction: wanted, ...others } = rest;
  const hasContent = Object.keys(content).length > 0;
  const isMessage = hasContent || ABOUT_MESSAGES.has(others.kind);
  const direction = wanted ?? (isMessage ? "received" : "any");
  return given({
    ...others,
    match: hasContent ? content : undefined,
    direction: direction === "any" ? undefined : direction,
  });
}

function split(conditions, isContent) {
  const entries = Object.entries(plain(conditions, "conditions"));
  return {
    content: Object.fromEntries(entries.filter(([name]) => isContent(name))),
    rest: Object.fromEntries(entries.filter(([name]) => !isContent(name))),
  };
}

/** Return the arguments that send a message. Throws MockError unless there is exactly one. */
export function payload(message) {
  const { json, text, binary, ...rest } = message ?? {};
  const kinds = [json, text, binary].filter((one) => one !== undefined);
  const others = Object.keys(rest);
  if (kinds.length !== 1 || others.length) {
    const found = others.length ? ` There is no ${others.join(", ")}.` : "";
    throw new MockError(`Give exactly one of json, text and binary: {json: …}.${found}`);
  }
  if (json !== undefined) return { text: JSON.stringify(plain(json, "json")) };
  return text === undefined ? { binary: plain(binary, "binary") } : { text };
}
