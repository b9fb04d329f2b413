// One namespace of a server: its traffic is read, awaited and verified here.

import { Changes } from "./changes.js";
import { duration, entryMatch, given } from "./documents.js";
import { decoded, Entry } from "./entry.js";
import { MockError, NotConnected, VerificationFailed, WaitTimedOut } from "./errors.js";
import { times } from "./rules.js";
import { table } from "./tables.js";

/**
 * How long waits take at most, unless they are given another time. In milliseconds.
 *
 * Less than the 5 s that Vitest and Jest give a test: a wait has the better text.
 */
export const TIMEOUT_MS = 3_000;

const PAGE = 200;
const LAST_SHOWN = 10;

export class Space {
  /** The changes that nobody has awaited yet. */
  changes = new Changes();
  /** The numbers of the entries that the test has waited for, verified or received. */
  expected = new Set();
  /** The waits that run, as they are written. */
  running = new Map();

  #control;
  #namespace;
  #seed;
  #signal;
  #base = null;
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
    const status = await this.call("get_websocket_server_status");
    this.#base = reachable(status.websocket_server.url, this.#control.address);
  }

  url(path = "") {
    this.changes.refuseForgotten();
    return this.#base + path;
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

  /** Return the matching entries after a number, oldest first. */
  async read(conditions = {}, after = 0) {
    this.changes.refuseForgotten();
    const found = [];
    for await (const one of this.#pages(entryMatch(conditions), after, "full")) {
      found.push(await this.#entry(one));
    }
    return found;
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
      const cursor = after instanceof Entry ? after.seq : after;
      const args = { match, after: cursor, timeout: timeout / 1000 };
      const result = await this.#callWaiting("wait_for_websocket_event", args, timeout, signal);
      if (result.entry === null) {
        const text = `No ${describe(match)} within ${timeout} ms.`;
        throw new WaitTimedOut(await this.#explained(text, result.nearest_miss));
      }
      const found = await this.#entry(result.entry);
      this.expected.add(found.seq);
      return use(found);
    });
  }

  /** Wait until nothing has matched for a time. Throws WaitTimedOut if it does not become quiet. */
  waitUntilQuiet(quiet, conditions, { timeout = TIMEOUT_MS, signal } = {}) {
    return this.#run("waitUntilQuiet(…)", async () => {
      const match = entryMatch(conditions);
      const args = { match, quiet: duration(quiet), timeout: timeout / 1000 };
      const result = await this.#callWaiting("wait_for_websocket_event", args, timeout, signal);
      if (result.status !== "quiet") {
        const text = `It did not become quiet within ${timeout} ms: ${describe(match)}.`;
        throw new WaitTimedOut(await this.#explained(text));
      }
    });
  }

  /** Verify how often something happened; return how often it did. */
  verify(conditions, { count, atLeast, atMost, spacing, ...options } = {}) {
    return this.#verify(options, () => {
      if (count !== undefined && (atLeast !== undefined || atMost !== undefined)) {
        throw new MockError("Give count, or atLeast and atMost.");
      }
      const match = entryMatch(conditions);
      const bounds = { exactly: count, at_least: atLeast, at_most: atMost };
      const expect = given({ ...match, ...bounds, spacing: spacing && spacingDocument(spacing) });
      return [{ expect }, `${describe(match)}, ${shownCounts({ count, atLeast, atMost })}`];
    });
  }

  /** Verify that entries came in an order. */
  verifyOrder(wanted, { gaps = true, ...options } = {}) {
    return this.#verify(options, () => {
      const entries = wanted.map((one) => entryMatch(one));
      return [{ sequence: { entries, gaps } }, entries.map(describe).join(" → ")];
    });
  }

  #verify({ within = 0, signal }, expectation) {
    return this.#run("verify(…)", async () => {
      const [args, what] = expectation();
      const all = { ...args, within: within / 1000, ignore_strict: true };
      const result = await this.#callWaiting("verify_websocket_traffic", all, within, signal);
      if (!result.passed) {
        const text = `Expected ${what}.\n${result.verdict.replace(/\.?$/, ".")}`;
        throw new VerificationFailed(await this.#explained(text, result.nearest_miss));
      }
      for (const seq of result.evidence) this.expected.add(seq);
      return result.count;
    });
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

  /** Return the text of a failure: what was expected, what came nearest, the last entries. */
  async #explained(expected, nearest) {
    const parts = [expected];
    if (nearest) parts.push(`Nearest: ${nearest}`);
    const last = (await this.read()).slice(-LAST_SHOWN);
    parts.push(last.length ? `The last entries:\n${table(last)}` : "Nothing has happened yet.");
    return parts.join("\n");
  }

  async *#pages(match, after, detail) {
    for (;;) {
      const args = { match, after, limit: PAGE, detail };
      const page = await this.call("get_websocket_traffic", args);
      yield* page.entries;
      if (page.entries.length === page.matched) return;
      after = page.next_cursor;
    }
  }

  async #entry(result) {
    const findPrevious = (entry) => this.#previous(entry);
    if (result.payload === null || !result.truncated) {
      return new Entry(result, decoded(result), result.truncated, findPrevious);
    }
    const pieces = [];
    let first;
    for (let offset = 0; offset !== null;) {
      const args = { seq: result.seq, payload_offset: offset };
      const { entries } = await this.call("get_websocket_traffic", args);
      first ??= entries[0];
      pieces.push(decoded(entries[0]));
      offset = entries[0].payload_next ?? null;
    }
    const whole = Buffer.concat(pieces);
    return new Entry(first, whole, whole.length < (first.size ?? 0), findPrevious);
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
    for await (const one of this.#pages(match, 0, "concise")) {
      if (one.seq >= entry.seq) break;
      const isSame = one.details?.logical_client === entry.details.logical_client;
      if (!spansConnections || isSame) previous = one;
    }
    return previous && this.#entry(previous);
  }
}

/** Return the address of a server that may listen on all addresses: there its tools are, too. */
function reachable(url, control) {
  return url.replace(/(?<=^wss?:\/\/)(0\.0\.0\.0|\[::\])/, new URL(control).hostname);
}

/** Return conditions on an entry in words, for failures. */
export function describe(match) {
  const { match: content = {}, kind, direction, ...rest } = match;
  const hasContent = Object.keys(content).length > 0;
  const what = [direction, kind ?? (hasContent ? "message" : "entry")].filter(Boolean).join(" ");
  const where = Object.entries({ ...rest, ...content }).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  return where.length ? `${what} with ${where.join(", ")}` : what;
}

function shownCounts({ count, atLeast, atMost }) {
  if (count !== undefined) return times(count);
  const bounds = [];
  if (atLeast !== undefined) bounds.push(`at least ${times(atLeast)}`);
  if (atMost !== undefined) bounds.push(`at most ${times(atMost)}`);
  return bounds.join(" and ") || times();
}

function spacingDocument({ atLeast, atMost, ...rest }) {
  return given({ at_least: duration(atLeast), at_most: duration(atMost), ...rest });
}
