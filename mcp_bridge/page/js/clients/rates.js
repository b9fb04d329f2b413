/** How many messages each client sent and received in each of the last 60 seconds. */

import { ring } from "../store/traffic.js";

export const SECONDS = 60;
const MOST_CLIENTS = 1_000;

class Counts {
  received = new Uint32Array(SECONDS);
  sent = new Uint32Array(SECONDS);
  newest = 0;

  /** Forget what is older than a minute before a second. */
  turnTo(second) {
    const gone = Math.min(second - this.newest, SECONDS);
    for (let step = 1; step <= gone; step += 1) {
      const place = (this.newest + step) % SECONDS;
      this.received[place] = 0;
      this.sent[place] = 0;
    }
    this.newest = Math.max(this.newest, second);
  }

  add(direction, second) {
    if (second <= this.newest - SECONDS) return;
    this.turnTo(second);
    this[direction][second % SECONDS] += 1;
  }
}

/** @type {Map<string, Counts>} */
const byClient = new Map();
let read = 0;

/** Count what has come since the last call. */
export function countNew() {
  for (read = Math.max(read, ring.first); read < ring.end; read += 1) {
    const { kind, client, direction, at } = ring.at(read);
    if (client && (kind === "text" || kind === "binary")) {
      countsOf(client).add(direction, Math.floor(at / 1000));
    }
  }
}

/** The counts of the last minute, oldest first. @param {number} now in ms since 1970 */
export function lastMinute(client, now) {
  const counts = byClient.get(client);
  if (!counts) return null;
  counts.turnTo(Math.floor(now / 1000));
  const inOrder = (list) =>
    Array.from({ length: SECONDS }, (_, step) => list[(counts.newest + 1 + step) % SECONDS]);
  return { received: inOrder(counts.received), sent: inOrder(counts.sent) };
}

function countsOf(client) {
  const known = byClient.get(client);
  if (known) return known;
  const made = new Counts();
  byClient.set(client, made);
  if (byClient.size > MOST_CLIENTS) byClient.delete(byClient.keys().next().value);
  return made;
}
