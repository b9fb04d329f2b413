/**
 * What happened to one logical client, as items of a diagram.
 *
 * @typedef {object} Item
 * @property {number} id grows from item to item
 * @property {"arrow" | "run" | "note" | "gap"} type
 * @property {number} at in ms since 1970
 * @property {import("../store/traffic.js").Entry} entry of a run its first one
 * @property {boolean} wasOpen whether a connection is open before it
 * @property {boolean} isOpen whether a connection is open after it
 * @property {number} attempt
 * @property {boolean} isAmongOthers whether other connections of the client are open, too
 */

import { visible } from "../text.js";
import { summaryOf } from "../traffic/summary.js";
import { pathOf } from "./sessions.js";

/** Messages in a row that are shown before the others are counted only. */
const SHOWN = 3;

/** The fewest messages that are counted only: to hide less saves no room. */
const LEAST_HIDDEN = 4;

const MESSAGES = ["text", "binary", "ping", "pong"];

/** The most items that are kept; older ones go. */
export const MOST_ITEMS = 2_000;

/** Pauses that differ by less are taken for equal: a share of the longer one, and ms. */
const SAME_SHARE = 0.15;
const SAME_MS = 30;

/** An answer comes within this time after the note that its rule fired. */
const AT_ONCE_MS = 3;

/** What a message says, on one line. */
export function labelOf(entry) {
  return entry.kind === "ping" || entry.kind === "pong" ? entry.kind : summaryOf(entry) || "empty";
}

export class Story {
  /** @type {Item[]} */
  items = [];
  /** Items that are gone because there were too many. */
  dropped = 0;
  /** Since when no connection is open, in ms; null: one is, or none was there. */
  endedAt = null;

  #made = 0;
  #open = new Set();
  #lastPause = null;
  #inRow = 0;
  #run = null;
  #rule = null;
  /** Whether the messages of this row are all shown. */
  #isRowOpen = false;
  #expanded;

  /** @param {Set<number>} expanded the indexes of the first entries of runs that are shown in full */
  constructor(expanded = new Set()) {
    this.#expanded = expanded;
  }

  /** Add the next entry. @param {import("../store/traffic.js").Entry} entry */
  add(entry) {
    const { kind, client } = entry;
    switch (kind) {
      case "handshake":
        return this.#addHandshake(entry);
      case "open":
        this.#open.add(client);
        this.endedAt = null;
        return undefined;
      case "close":
        return this.#addClose(entry);
      case "rule":
        this.#rule = entry;
        return undefined;
      case "text":
      case "binary":
      case "ping":
      case "pong":
        return this.#addMessage(entry);
      case "request":
      case "response":
      case "event":
        return this.#addHttp(entry);
      case "verdict":
        return entry.details.passed
          ? this.#note(entry, "passed", "good")
          : this.#note(entry, "failed", "bad");
      case "fault":
        return this.#note(entry, "fault", "fault");
      default:
        return this.#note(entry, "error", "bad");
    }
  }

  #addHandshake(entry) {
    const { details } = entry;
    if (this.endedAt !== null) this.#addGap(entry);
    this.#push({
      type: "arrow",
      entry,
      isUp: true,
      tone: "soft",
      kind: "handshake",
      label: `GET ${visible(pathOf(details))}`,
      title: `Attempt ${entry.attempt}`,
    });
    const isAccepted = details.status === 101;
    const answers = { stall: "no answer", abort: "connection aborted" };
    const label =
      answers[details.outcome] ?? (isAccepted ? "101 open" : `${details.status} refused`);
    this.#push({
      type: "arrow",
      entry,
      isUp: false,
      tone: isAccepted ? "good" : "bad",
      kind: "answer",
      label,
      isBroken: details.outcome in answers,
      opens: isAccepted,
    });
    this.endedAt = this.#open.size ? null : entry.at;
  }

  #addHttp(entry) {
    const { kind, details } = entry;
    const isRequest = kind === "request";
    const isGood = kind !== "response" || details.status < 400;
    const body = entry.payload === undefined ? "" : summaryOf(entry);
    const answer = [details.status ?? details.outcome, body].filter(Boolean).join("  ");
    this.#push({
      type: "arrow",
      entry,
      isUp: isRequest,
      tone: isGood ? entry.direction : "bad",
      kind,
      label: kind === "response" ? answer : summaryOf(entry) || "empty",
      isBroken: kind === "response" && details.status === undefined,
      rule: kind === "response" ? details.rule : null,
    });
  }

  #addClose(entry) {
    const { code, reason, by, was_clean: isClean } = entry.details;
    this.#open.delete(entry.client);
    const isUsual = isClean && [1000, 1001, 1005].includes(code);
    const said = [
      `close ${code}`,
      reason && `“${visible(reason)}”`,
      `by the ${by}${isClean ? "" : ", not clean"}`,
    ];
    this.#push({
      type: "arrow",
      entry,
      isUp: by === "client",
      tone: isUsual ? "soft" : "bad",
      kind: "close",
      label: said.filter(Boolean).join(" "),
      isBroken: !isClean,
    });
    if (!this.#open.size) this.endedAt = entry.at;
  }

  #addGap(entry) {
    const pause = entry.at - this.endedAt;
    this.#push({
      type: "gap",
      entry,
      at: this.endedAt,
      pause,
      change: changeOf(this.#lastPause, pause),
    });
    this.#lastPause = pause;
  }

  #addMessage(entry) {
    const rule = this.#ruleOf(entry);
    this.#open.add(entry.client);
    this.endedAt = null;
    if (this.#run) return this.#addToRun(entry);
    if (this.#inRow === SHOWN) this.#isRowOpen = this.#expanded.has(entry.index);
    const isPing = entry.kind === "ping" || entry.kind === "pong";
    this.#push({
      type: "arrow",
      entry,
      isUp: entry.direction === "received",
      tone: isPing ? "soft" : entry.direction,
      kind: entry.kind,
      label: labelOf(entry),
      isDashed: isPing,
      rule,
    });
    this.#inRow += 1;
    if (this.#inRow === SHOWN + LEAST_HIDDEN && !this.#isRowOpen) this.#collapse();
    return undefined;
  }

  /** The rule that answered just now. A fault may delay an answer, and then nobody can tell. */
  #ruleOf(entry) {
    const rule = this.#rule;
    this.#rule = null;
    const isAnswer = rule && entry.direction === "sent" && rule.client === entry.client;
    return isAnswer && entry.at - rule.at <= AT_ONCE_MS ? rule.details.rule : null;
  }

  /** Put a run in the place of the last messages. */
  #collapse() {
    const hidden = this.items.splice(-LEAST_HIDDEN);
    const run = { type: "run", entry: hidden[0].entry, up: 0, down: 0 };
    this.#push(run);
    this.#run = run;
    for (const { entry } of hidden) this.#addToRun(entry);
  }

  #addToRun(entry) {
    const way = entry.direction === "received" ? "up" : "down";
    // A new one, so that it is seen that it has changed.
    this.#run = { ...this.#run, last: entry, [way]: this.#run[way] + 1 };
    this.items[this.items.length - 1] = this.#run;
  }

  #note(entry, icon, tone) {
    const { details } = entry;
    const said = {
      fault: [details.fault, details.type !== details.fault && `(${details.type})`],
      passed: ["script passed"],
      failed: [details.text ?? "failed"],
      error: [details.rule && `${details.rule}:`, details.reason],
    };
    this.#push({
      type: "note",
      entry,
      icon,
      tone,
      label: visible(said[icon].filter(Boolean).join(" ")),
    });
  }

  #push(item) {
    if (item.type !== "arrow" || !MESSAGES.includes(item.kind)) {
      this.#inRow = 0;
      this.#run = null;
    }
    item.id = this.#made++;
    item.at ??= item.entry.at;
    item.attempt = item.entry.attempt;
    item.isAmongOthers = this.#open.size > 1;
    item.isOpen = this.#open.size > 0 || item.opens === true;
    item.wasOpen = this.items.at(-1)?.isOpen ?? item.isOpen;
    this.items.push(item);
    if (this.items.length > MOST_ITEMS) {
      this.dropped += this.items.length - MOST_ITEMS;
      this.items.splice(0, this.items.length - MOST_ITEMS);
    }
  }
}

/** How a pause compares with the one before: "", "grew ×2.0", "same" or "shrank". */
export function changeOf(before, pause) {
  if (before === null) return "";
  if (Math.abs(pause - before) <= Math.max(SAME_MS, SAME_SHARE * Math.max(pause, before)))
    return "the same as before";
  return pause > before
    ? `grew ×${(pause / Math.max(before, 1)).toFixed(1)}`
    : "shorter than before";
}
