/** What a row says about an entry. */

import { fromBase64, hex, visible } from "../text.js";

const SHOWN = 240;

/**
 * Whether the payload of an entry comes as base64.
 * @param {import("../store/traffic.js").Entry} entry
 */
export function isBinary(entry) {
  const { kind, details } = entry;
  return ["binary", "ping", "pong"].includes(kind) || (isHttp(kind) && details?.binary === true);
}

/** Whether an entry is a part of an HTTP exchange. */
export function isHttp(kind) {
  return ["request", "response", "event"].includes(kind);
}

/** The beginning of the payload, or what there is instead, on one line. */
export function summaryOf(entry) {
  const { kind, payload, details } = entry;
  if (payload !== undefined) {
    const asked = kind === "request" ? `${askedFor(details)}  ` : "";
    if (!isBinary(entry)) return visible(asked + payload.slice(0, SHOWN));
    const data = fromBase64(payload);
    return isPlain(kind, data) ? String.fromCharCode(...data) : hex(data.slice(0, SHOWN / 3));
  }
  return visible(textOf(kind, details).slice(0, SHOWN));
}

/** Whether bytes are best shown as text: pings and pongs often carry a word or a number. */
function isPlain(kind, data) {
  return kind !== "binary" && data.every((one) => one >= 0x20 && one < 0x7f);
}

function textOf(kind, details) {
  switch (kind) {
    case "handshake":
      return join(
        `${details.path ?? ""}${queryOf(details.query)}`,
        details.headers?.["user-agent"],
      );
    case "request":
      return join(askedFor(details), details.headers?.["user-agent"]);
    case "response":
      return details.text ?? "";
    case "open":
      return details.subprotocol ? `subprotocol ${details.subprotocol}` : "";
    case "close":
      return [
        details.reason,
        details.by && `by the ${details.by}`,
        details.was_clean ? "" : "not clean",
      ]
        .filter(Boolean)
        .join(", ");
    case "verdict":
      return details.text ?? "";
    case "error":
      return details.reason ?? "";
    default:
      return Object.entries(details)
        .filter(([key]) => !["rule", "fault", "type"].includes(key))
        .map(
          ([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`,
        )
        .join(", ");
  }
}

const join = (...texts) => texts.filter(Boolean).join("  ");

/** The method, the path and the query of an HTTP request. */
export function askedFor({ method, path, query }) {
  return `${method ?? ""} ${path ?? ""}${queryOf(query)}`;
}

function queryOf(query) {
  const pairs = Object.entries(query ?? {});
  return pairs.length ? `?${pairs.map(([name, value]) => `${name}=${value}`).join("&")}` : "";
}

/**
 * What acted, or how it went: an icon if there is one, a text, and whether it is good or bad.
 * @returns {{icon: string, text: string, tone: "" | "good" | "bad" | "rule" | "fault"}}
 */
export function outcomeOf({ kind, details }) {
  switch (kind) {
    case "rule":
      return { icon: "rule", text: String(details.rule), tone: "rule" };
    case "fault":
      return { icon: "fault", text: join(details.fault, details.type), tone: "fault" };
    case "verdict":
      return verdictOf(details);
    case "error":
      return { icon: "error", text: String(details.rule ?? details.code ?? "error"), tone: "bad" };
    case "handshake":
      return {
        icon: "",
        text: join(details.status, details.outcome),
        tone: handshakeTone(details),
      };
    case "response":
      return {
        icon: "",
        text: join(details.status ?? details.outcome, details.rule),
        tone: details.status < 400 ? "good" : "bad",
      };
    case "close":
      return {
        icon: "",
        text: String(details.code ?? ""),
        tone: isUsualClose(details) ? "" : "bad",
      };
    default:
      return { icon: "", text: "", tone: "" };
  }
}

function verdictOf({ passed, contract }) {
  if (passed) return { icon: "passed", text: "passed", tone: "good" };
  return { icon: "failed", text: contract ? `failed ${contract}` : "failed", tone: "bad" };
}

const handshakeTone = ({ status }) => (status === 101 ? "good" : "bad");
const isUsualClose = ({ code, was_clean }) => was_clean && [1000, 1001, 1005].includes(code);

/** What a text is looked for in: all that the row says. */
export function searched(entry) {
  const { text } = outcomeOf(entry);
  return `${summaryOf(entry)} ${text} ${entry.endpoint ?? ""} ${entry.client ?? ""}`;
}
