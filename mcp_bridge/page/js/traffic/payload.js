/** Reads whole payloads from the server. */

import { call } from "../api.js";
import { currentRun } from "../store/traffic.js";
import { fromBase64 } from "../text.js";
import { isBinary } from "./summary.js";

/** The most answers that are put together; a journal keeps 64 KiB, an answer has 9 kB or more. */
const MOST_READS = 16;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * What there is of a payload.
 * @typedef {object} Payload
 * @property {object} entry the entry in full detail
 * @property {Uint8Array} data
 * @property {string} text the data, read as UTF-8
 * @property {boolean} isWhole
 * @property {string} problem why it is not whole, if it should be
 */

/**
 * Read an entry in full, as far as the server has it.
 * @param {import("../store/traffic.js").Entry} entry
 * @param {AbortSignal} signal
 * @returns {Promise<Payload>}
 */
export async function readWhole(entry, signal) {
  if (entry.run !== currentRun())
    return kept(entry, "The server was restarted: only the beginning is left.");
  const pieces = [];
  let full = null;
  let offset = 0;
  try {
    for (let reads = 0; offset !== undefined && reads < MOST_READS; reads += 1) {
      const read = { seq: entry.seq, payload_offset: offset, namespace: "*" };
      const result = await call("get_websocket_traffic", read, { signal, quiet: true });
      const [found] = result.entries;
      if (!found) return kept(entry, result.hint);
      full ??= { details: {}, ...found };
      pieces.push(...bytesOf(found));
      offset = found.payload_next;
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return kept(entry, error.message);
  }
  const data = Uint8Array.from(pieces);
  const isWhole = full.size === undefined || data.length >= full.size;
  return { entry: full, data, text: decoder.decode(data), isWhole, problem: "" };
}

/** What the page itself has of an entry. @returns {Payload} */
export function kept(entry, problem = "") {
  const data = bytesOf(entry);
  return { entry, data, text: decoder.decode(data), isWhole: !entry.truncated, problem };
}

function bytesOf(entry) {
  const payload = entry.payload ?? "";
  return isBinary(entry) ? fromBase64(payload) : encoder.encode(payload);
}
