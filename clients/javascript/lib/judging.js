// The final check of a test: what happened that it did not expect, and what did not happen.

import { UnexpectedTraffic } from "./errors.js";
import { summary, table } from "./tables.js";
import { counted, holds, shownCounts, times } from "./words.js";

/** The path that the server answers by itself. */
const ECHO_PATH = "/echo";

/** The most entries of one kind of problem that are shown. */
const MAX_SHOWN = 5;

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
  const errors = fresh.filter((one) => one.kind === "error" && "rule" in one.details);
  const problems = [
    ...running.map((one) => `${one} still runs: is an await missing?`),
    ...verdicts(space, fresh, causesOf(entries)),
    ...problem(errors, "error", "in rules"),
    ...(space.isStrict ? unexpected(fresh, endpoints) : []),
  ];
  for (const endpoint of endpoints) problems.push(...(await rules(space, endpoint, entries)));
  if (problems.length) throw new UnexpectedTraffic(problems, table(entries));
}

/** Return the message that each verdict is about, by the verdict's number. */
function causesOf(entries) {
  const latest = new Map();
  const causes = new Map();
  for (const entry of entries) {
    const { kind, client, direction, details } = entry;
    const about = direction ?? (details.contract === "sends" ? "sent" : "received");
    if (direction !== null) latest.set(`${client} ${about}`, entry);
    else if (kind === "verdict") causes.set(entry.seq, latest.get(`${client} ${about}`));
  }
  return causes;
}

function verdicts(space, fresh, causes) {
  const failed = fresh.filter((one) => one.kind === "verdict" && !one.details.passed);
  const contract = failed.filter((one) => one.details.contract && !one.details.strict);
  const script = failed.filter((one) => !one.details.strict && !one.details.contract);
  // Whoever has waited for a message has expected it, whatever the endpoint made of it.
  const strict = failed.filter(
    (one) => one.details.strict && !space.expected.has(causes.get(one.seq)?.seq),
  );
  return [
    ...problem(strict, "message", "nobody expected", (some) => withCauses(some, causes)),
    ...problem(contract, "message", "broke a contract", (some) => withCauses(some, causes)),
    ...problem(script, "script", "failed"),
  ];
}

/** Return verdicts on messages, each with its message. */
function withCauses(found, causes) {
  const lines = found.slice(0, MAX_SHOWN).flatMap((verdict) => {
    const cause = causes.get(verdict.seq);
    const why = `     ${verdict.details.text ?? ""}`;
    return cause ? [summary([cause]), why] : [why];
  });
  if (found.length > MAX_SHOWN) lines.push(`  … and ${found.length - MAX_SHOWN} more`);
  return lines.join("\n");
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
    ...problem(messages, "message", "nobody expected"),
    ...problem(strangers, "connection", stranger),
  ];
}

function isMessage({ kind, direction }) {
  return ["text", "binary"].includes(kind) && direction === "received";
}

async function rules(space, endpoint, entries) {
  const fired = endpoint.countFired(entries);
  const problems = [];
  for (const [label, wanted] of endpoint.allExpected) {
    if (!(label in fired)) {
      const known = endpoint.labels.join(", ") || "none";
      problems.push(`${endpoint.name}: there is no rule '${label}'; the rules are: ${known}.`);
    } else if (!holds(wanted, fired[label])) {
      const why = fired[label] ? "" : await whyNot(space, endpoint, label, entries);
      problems.push(
        `${endpoint.name}: ${label} was expected to fire ${shownCounts(wanted)}, ` +
          `but it fired ${times(fired[label])}.${why}`,
      );
    }
  }
  return problems;
}

/** Say why the last message of the client did not make a rule fire. */
async function whyNot(space, endpoint, rule, entries) {
  const last = entries.filter((one) => one.endpoint === endpoint.name && isMessage(one)).slice(-1);
  if (!last.length) return " The client sent no message to this endpoint.";
  const args = { endpoint: endpoint.name, seq: last[0].seq };
  const result = await space.call("explain_websocket_message", args);
  const why = result.rules.find((one) => one.rule === rule)?.why;
  return why ? ` The last message was:\n${summary(last)}\n     ${why}` : "";
}

function problem(entries, noun, what, details = summary) {
  return entries.length ? [`${counted(entries.length, noun)} ${what}:\n${details(entries)}`] : [];
}
