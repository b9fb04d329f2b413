// One namespace of a server: its traffic is read, awaited and verified here.

import { Changes } from "./changes.js";
import { duration, entryMatch, given } from "./documents.js";
import { decoded, Entry } from "./entry.js";
import { MockError, NotConnected, VerificationFailed, WaitTimedOut } from "./errors.js";
import { table } from "./tables.js";
import { describe, holds, sentence, shownCounts, times } from "./words.js";

/**
 * How long waits take at most, unless they are given another time. In milliseconds.
 *
 * Less than the 5 s that Vitest and Jest give a test: a wait has the better text.
 */
export const TIMEOUT_MS = 3_000;

const PAGE = 200;
const LAST_SHOWN = 10;

/** The shortest wait of the tool, in seconds: it asks for what has happened already. */
const SHORTEST = 0.001;

/** What an entry may differ in so that showing it as the nearest helps nobody. */
const SELDOM_HELPFUL = /^(kind|direction|client):/;

/** A number that no entry reaches. What comes after it is nothing. */
const NEWEST = 2 ** 53 - 1;

const NO_TLS =
  "The mock server has no TLS. Start it with --tls-self-signed: " +
  "WebSocketMock.start({settings: {tls_self_signed: true}}).";

export class Space {
  /** The changes that nobody has awaited yet. */
  changes = new Changes();
  /** The numbers of the entries that the test has waited for, verified or received. */
  expected = new Set();
  /** The waits that run, as they are written. */
  running = new Map();
  /** The file with the authority that TLS clients must trust; null: the server has none. */
  caFile = null;

  #control;
  #namespace;
  #seed;
  #signal;
  #base = null;
  #secureBase = null;
  #start = 0;
  #stopped = new AbortController();

  constructor(control, { namespace, seed = 0, strict = true, signal } = {}) {
    this.#control = control;
    this.#namespace = namespace;
    this.#seed = seed;
    this.#signal = signal;
    this.isStrict = strict;
  }

  /** Call a tool in the namespace, with the arguments that are given. */
  call(tool, args = {}) {
    return this.#control.call(tool, given({ ...args, namespace: this.#namespace }));
  }

  /** Call a tool that waits for up to a number of milliseconds; a signal ends the wait. */
  #callWaiting(tool, args, waitMs, signal) {
    const signals = [this.#signal, signal, this.#stopped.signal].filter(Boolean);
    const all = given({ ...args, namespace: this.#namespace });
    return this.#control.call(tool, all, { signal: AbortSignal.any(signals), waitMs });
  }

  /** Put an endpoint in force; return the result of the tool. */
  put(endpoint) {
    return this.call("set_websocket_mock", { endpoint, seed: this.#seed });
  }

  /** Remove the namespace, and end the waits that still run. */
  async stop(reason) {
    for (const wait of this.running.keys()) wait.catch(() => {});
    this.#stopped.abort(new MockError(reason));
    if (this.#namespace !== undefined) {
      const args = { what: ["namespace"], namespace: this.#namespace };
      await this.#control.call("reset_websocket_server", args);
    }
  }

  /** Ask the server where its clients connect. Throws MockError if it cannot be reached. */
  async open() {
    // Outside namespaces there may be traffic from before.
    if (this.#namespace === undefined) {
      const page = await this.call("get_websocket_traffic", { after: NEWEST, limit: 1 });
      this.#start = page.next_cursor;
    }
    const { websocket_server: server } = await this.call("get_websocket_server_status");
    this.#base = reachable(server.url, this.#control.address);
    this.#secureBase = server.secure_url && reachable(server.secure_url, this.#control.address);
    this.caFile = server.ca_file;
  }

  url(path = "") {
    this.changes.refuseForgotten();
    return this.#base + path;
  }

  secureUrl(path = "") {
    this.changes.refuseForgotten();
    if (!this.#secureBase) throw new MockError(NO_TLS);
    return this.#secureBase + path;
  }

  async clients() {
    this.changes.refuseForgotten();
    const found = [];
    for (let cursor; cursor !== null;) {
      const page = await this.call("get_websocket_clients", { limit: 100, cursor });
      found.push(...page.clients);
      cursor = page.next_cursor;
    }
    return found;
  }

  /** Return the matching entries, oldest first. */
  async read(conditions = {}) {
    this.changes.refuseForgotten();
    return this.#matching(entryMatch(conditions));
  }

  /**
   * Wait for an entry. Throws WaitTimedOut if none comes in time.
   *
   * @param {string} name the method that waits, for texts
   * @param {object} conditions what the entry must match
   * @param {object} [options] timeout, after, signal
   * @param {(entry: Entry) => any} [use] makes the result of the entry
   */
  wait(
    name,
    conditions,
    { timeout = TIMEOUT_MS, after = "start", signal } = {},
    use = (entry) => entry,
  ) {
    return this.#run(`${name}(…)`, async () => {
      const match = entryMatch(conditions);
      const cursor = after instanceof Entry ? after.seq : after === "start" ? this.#start : after;
      const args = { match, after: cursor, timeout: Math.max(timeout / 1000, SHORTEST) };
      const result = await this.#callWaiting("wait_for_websocket_event", args, timeout, signal);
      if (result.entry === null) {
        const text = `Expected ${describe(match)} within ${timeout} ms, but none came.`;
        throw new WaitTimedOut(await this.#explained(text, result.nearest_miss, match));
      }
      this.expected.add(result.entry.seq);
      return use(await this.#whole(result.entry));
    });
  }

  /** Wait until nothing has matched for a time. Throws WaitTimedOut if it does not become quiet. */
  waitUntilQuiet(quiet, conditions, { timeout = TIMEOUT_MS, signal } = {}) {
    return this.#run("waitUntilQuiet(…)", async () => {
      const match = entryMatch(conditions);
      const args = { match, quiet: duration(quiet), timeout: Math.max(timeout / 1000, SHORTEST) };
      const result = await this.#callWaiting("wait_for_websocket_event", args, timeout, signal);
      if (result.status !== "quiet") {
        const noun = describe(match).replace(/^an? /, "");
        const text = `Expected no ${noun} for ${duration(quiet)}, but it did not become quiet in ${timeout} ms.`;
        throw new WaitTimedOut(await this.#explained(text, null, match));
      }
    });
  }

  /** Verify how often something happened; return how often it did. */
  verify(conditions, { count, atLeast, atMost, spacing, within, signal } = {}) {
    return this.#run("verify(…)", async () => {
      if (count !== undefined && (atLeast !== undefined || atMost !== undefined)) {
        throw new MockError("Give either count, or atLeast and atMost.");
      }
      const match = entryMatch(conditions);
      const bounds = { exactly: count, at_least: atLeast, at_most: atMost };
      const expect = given({ ...match, ...bounds, spacing: spacing && spacingDocument(spacing) });
      const result = await this.#verify({ expect }, within, signal);
      if (!result.passed) {
        const text = missed(match, { count, atLeast, atMost }, result);
        throw new VerificationFailed(await this.#explained(text, result.nearest_miss, match));
      }
      // The evidence of many entries is cut.
      const isCut = result.count > result.evidence.length;
      const numbers = isCut ? (await this.#matching(match)).map((one) => one.seq) : result.evidence;
      for (const seq of numbers) this.expected.add(seq);
      return result.count;
    });
  }

  /** Verify that entries came in an order. */
  verifyOrder(wanted, { gaps = true, within, signal } = {}) {
    return this.#run("verifyOrder(…)", async () => {
      const entries = wanted.map((one) => entryMatch(one));
      const result = await this.#verify({ sequence: { entries, gaps } }, within, signal);
      if (!result.passed) {
        const steps = entries.map((one, index) => `  ${index + 1}. ${describe(one)}`).join("\n");
        const text = `Expected in this order:\n${steps}\n${sentence(result.verdict)}`;
        throw new VerificationFailed(await this.#explained(text, result.nearest_miss));
      }
      for (const seq of result.evidence) this.expected.add(seq);
    });
  }

  #verify(wanted, within = 0, signal) {
    const args = { ...wanted, after: this.#start, within: within / 1000, ignore_strict: true };
    return this.#callWaiting("verify_websocket_traffic", args, within, signal);
  }

  /** Send a message to connected clients; return how many they are. */
  async push(target, message) {
    return this.#driven("send_websocket_message", { ...message, ...target }, "sent_to_clients");
  }

  /** Close or abort connections; return how many they are. */
  async end(target, how) {
    return this.#driven("close_websocket_client", { ...target, ...how }, "total");
  }

  async #driven(tool, args, total) {
    this.changes.refuseForgotten();
    const result = await this.call(tool, args);
    if (!result[total]) {
      throw new NotConnected(
        result.errors.join(" ") || "No client is connected. Wait for one with `accept`.",
      );
    }
    return result[total];
  }

  /** Run what may wait, and know it by its name while it runs. */
  #run(name, work) {
    const run = async () => {
      this.changes.refuseForgotten();
      return await work();
    };
    const wait = run().finally(() => this.running.delete(wait));
    this.running.set(wait, name);
    return wait;
  }

  /**
   * Return the text of a failure: what was expected, what came nearest, the last entries.
   *
   * @param {string} expected what was expected
   * @param {string | null} nearest the entry that came nearest, as the tools say it
   * @param {object} [match] with a `client` the last entries are of its connection
   */
  async #explained(expected, nearest, { client } = {}) {
    const parts = [expected];
    const difference = nearest?.slice(nearest.indexOf(": ") + 2);
    if (difference && !SELDOM_HELPFUL.test(difference)) parts.push(`The nearest is ${nearest}`);
    const last = (await this.#matching(given({ client }))).slice(-LAST_SHOWN);
    const where = client ? " of this connection" : "";
    parts.push(
      last.length ? `The last entries${where}:\n${table(last)}` : "Nothing has happened yet.",
    );
    return parts.join("\n");
  }

  async #matching(match) {
    const found = [];
    for await (const one of this.#pages(match, "full")) found.push(await this.#entry(one));
    return found;
  }

  async *#pages(match, detail) {
    for (let after = this.#start; ;) {
      const args = { match, after, limit: PAGE, detail };
      const page = await this.call("get_websocket_traffic", args);
      yield* page.entries;
      if (page.entries.length === page.matched) return;
      after = page.next_cursor;
    }
  }

  /** Return the entry of a result that may be shortened. */
  async #whole(result) {
    const { entries } = await this.call("get_websocket_traffic", { seq: result.seq });
    return this.#entry(entries[0] ?? result);
  }

  async #entry(result) {
    const findPrevious = (entry) => this.#previous(entry);
    if (result.payload === null || !result.truncated) {
      return new Entry(result, decoded(result), result.truncated, findPrevious);
    }
    const pieces = [];
    for (let offset = 0; offset !== null;) {
      const args = { seq: result.seq, payload_offset: offset };
      const { entries } = await this.call("get_websocket_traffic", args);
      pieces.push(decoded(entries[0]));
      offset = entries[0].payload_next ?? null;
    }
    const whole = Buffer.concat(pieces);
    return new Entry(result, whole, whole.length < (result.size ?? 0), findPrevious);
  }

  async #previous(entry) {
    const spansConnections = ["handshake", "open"].includes(entry.kind);
    const match = given({
      kind: entry.kind,
      direction: entry.direction ?? undefined,
      endpoint: entry.endpoint ?? undefined,
      client: spansConnections ? undefined : (entry.client ?? undefined),
    });
    let previous = null;
    for await (const one of this.#pages(match, "concise")) {
      if (one.seq >= entry.seq) break;
      const isSame = one.details?.logical_client === entry.details.logical_client;
      if (!spansConnections || isSame) previous = one;
    }
    return previous && this.#whole(previous);
  }
}

/** Return the address of a server that may listen on all addresses: there its tools are, too. */
function reachable(url, control) {
  return url.replace(/(?<=^wss?:\/\/)(0\.0\.0\.0|\[::\])/, new URL(control).hostname);
}

/** Say what a verification expected, and what it found. */
function missed(match, counts, { count, verdict }) {
  const what = `Expected ${describe(match)} ${shownCounts(counts)}`;
  if (holds(counts, count)) return `${what}, with a spacing. ${sentence(verdict)}`;
  return `${what}, but ${count ? `it came ${times(count)}` : "none came"}.`;
}

function spacingDocument({ atLeast, atMost, ...rest }) {
  return given({ at_least: duration(atLeast), at_most: duration(atMost), ...rest });
}
