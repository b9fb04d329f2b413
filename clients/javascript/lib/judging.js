// The final check of a test: what happened that it did not expect, and what did not happen.

import { UnexpectedTraffic } from "./errors.js";
import { holds, times } from "./rules.js";
import { summary, table } from "./tables.js";

/** The path that the server answers by itself. */
const ECHO_PATH = "/echo";

/**
 * Check what a test left behind. Throws UnexpectedTraffic if there are problems.
 *
 * @param {import("./space.js").Space} space the namespace of the test
 * @param {import("./endpoint.js").Endpoint[]} endpoints the endpoints that the test has made
 */
export async function check(space, endpoints) {
  const running = [...space.running.values()];
  const entries = await space.read();
  const fresh = entries.filter((one) => !space.expected.has(one.seq));
  const problems = [
    ...running.map((one) => `${one} still runs: is an await missing?`),
    ...verdicts(fresh, entries),
    ...(space.isStrict ? unexpected(fresh, endpoints) : []),
  ];
  for (const endpoint of endpoints) problems.push(...(await rules(space, endpoint, entries)));
  if (problems.length) throw new UnexpectedTraffic(problems, table(entries));
}

function verdicts(fresh, entries) {
  const failed = fresh.filter((one) => one.kind === "verdict" && !one.details.passed);
  const strict = failed.filter((one) => one.details.strict);
  const contract = failed.filter((one) => one.details.contract && !one.details.strict);
  const script = failed.filter((one) => !one.details.strict && !one.details.contract);
  const errors = fresh.filter((one) => one.kind === "error" && "rule" in one.details);
  return [
    ...problem(strict, "message", "nobody expected", () => withCauses(strict, entries)),
    ...problem(contract, "message", "broke a contract", () => withCauses(contract, entries)),
    ...problem(script, "script", "failed", () => summary(script)),
    ...problem(errors, "rule", "could not do its work", () => summary(errors)),
  ];
}

/** Return verdicts on messages, each with the message before it. */
function withCauses(found, entries) {
  return found
    .flatMap((verdict) => [
      summary(entries.filter((one) => isCause(one, verdict)).slice(-1)),
      `     ${verdict.details.text ?? ""}`,
    ])
    .filter(Boolean)
    .join("\n");
}

function isCause(entry, verdict) {
  return entry.seq < verdict.seq && entry.client === verdict.client && entry.direction !== null;
}

function unexpected(fresh, endpoints) {
  const manual = endpoints.filter((one) => one.isManual).map((one) => one.name);
  const messages = fresh.filter((one) => isMessage(one) && manual.includes(one.endpoint));
  const strangers = fresh.filter(
    (one) => one.kind === "handshake" && one.endpoint === null && one.path !== ECHO_PATH,
  );
  const known = endpoints.map((one) => one.path).join(", ") || "none";
  const stranger = `to a path without an endpoint (the paths are: ${known})`;
  return [
    ...problem(messages, "message", "nobody expected", () => summary(messages)),
    ...problem(strangers, "connection", stranger, () => summary(strangers)),
  ];
}

function isMessage({ kind, direction }) {
  return ["text", "binary"].includes(kind) && direction === "received";
}

async function rules(space, endpoint, entries) {
  const expected = new Map(endpoint.expected);
  for (const rule of endpoint.rules) {
    if (rule.expected !== null) expected.set(endpoint.label(rule), rule.expected);
  }
  if (!expected.size) return [];
  const fired = await endpoint.fired();
  const problems = [];
  for (const [label, wanted] of expected) {
    if (!(label in fired)) {
      const known = Object.keys(fired).join(", ") || "none";
      problems.push(`${endpoint.name}: there is no rule '${label}'; the rules are: ${known}.`);
    } else if (!holds(wanted, fired[label])) {
      const why = await nearest(space, endpoint, label, entries);
      problems.push(
        `${endpoint.name}: ${label} was expected to fire ${times(wanted.count)}, ` +
          `and fired ${times(fired[label])}.${why}`,
      );
    }
  }
  return problems;
}

/** Say why the last message of the client did not make a rule fire. */
async function nearest(space, endpoint, rule, entries) {
  const last = entries.filter((one) => one.endpoint === endpoint.name && isMessage(one)).slice(-1);
  if (!last.length) return " The client sent no message to this endpoint.";
  const args = { endpoint: endpoint.name, seq: last[0].seq };
  const result = await space.call("explain_websocket_message", args);
  const why = result.rules.find((one) => one.rule === rule)?.why;
  return why ? `\n${summary(last)}\n     ${why}` : "";
}

function problem(entries, noun, what, details) {
  if (!entries.length) return [];
  const number = `${entries.length} ${noun}${entries.length === 1 ? "" : "s"}`;
  return [`${number} ${what}:\n${details()}`];
}
