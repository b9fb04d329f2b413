/**
 * Filters of the traffic: parameters of the address in, a test of entries out.
 *
 * Except for texts they are conditions of the tools, too: `matchOf` gives the same filter as the
 * argument `match` of `get_websocket_traffic`, `wait_for_websocket_event` and
 * `verify_websocket_traffic`.
 */

import { readConditions } from "./server_filter.js";
import { TOO_SLOW } from "./regex_trial.js";
import { searched } from "./summary.js";

const number = (text) => (/^-?\d+$/.test(text) ? Number(text) : text);
const truth = (text) => text === "true";
const same = (text) => text;

/** Conditions on entries: how the value is read from the address, and where an entry has it. */
const CONDITIONS = {
  kind: { read: same, of: (entry) => entry.kind },
  direction: { read: same, of: (entry) => entry.direction },
  endpoint: { read: same, of: (entry) => entry.endpoint },
  client: { read: same, of: (entry) => entry.client },
  attempt: { read: number, of: (entry) => entry.attempt },
  rule: { read: same, of: (entry) => entry.details.rule },
  fault: { read: same, of: (entry) => entry.details.fault },
  status: { read: number, of: (entry) => entry.details.status },
  code: { read: number, of: (entry) => entry.details.code },
  by: { read: same, of: (entry) => entry.details.by },
  contract: { read: same, of: (entry) => entry.details.contract },
  passed: { read: truth, of: (entry) => entry.details.passed },
  was_clean: { read: truth, of: (entry) => entry.details.was_clean },
};

const TRYING = "Trying this expression…";

/** All parameters that filter. */
export const FILTERS = [...Object.keys(CONDITIONS), "match", "text", "regex", "whole"];

/** The conditions that are given, as a condition on journal entries of the tools. */
export function matchOf(params) {
  return { ...(params.match && readConditions(params.match)), ...inFields(params) };
}

/** The conditions that have a parameter each. The page tests them itself. */
export function inFields(params) {
  const given = Object.keys(CONDITIONS).filter((name) => params[name]);
  return Object.fromEntries(given.map((name) => [name, CONDITIONS[name].read(params[name])]));
}

/**
 * The test for entries that the parameters describe.
 * @param {Record<string, string>} params
 * @param {string} namespace "*" for all
 * @param {{has: ((entry: object) => boolean) | null, problem: string}} found what the server finds
 * @param {{source: string, state: string}} trial of the regular expression
 * @typedef {import("../store/traffic.js").Entry} Entry
 * @returns {{test: (entry: Entry) => boolean, problem: string, isTrying: boolean}}
 *   problem: why the regular expression or the conditions cannot be used; isTrying: whether that is
 *   not known yet
 */
export function compileFilters(params, namespace, found, trial) {
  const tests = Object.entries(inFields(params)).map(([name, wanted]) => {
    const { of } = CONDITIONS[name];
    if (name === "kind" && wanted === "message") return isMessage;
    return (entry) => of(entry) === wanted;
  });
  if (namespace !== "*") tests.unshift((entry) => (entry.namespace ?? "") === namespace);
  if (found.has) tests.push(found.has);
  const isFoundByServer = found.has && params.whole;
  const { find, problem } = isFoundByServer ? {} : compileText(params, trial);
  if (find) tests.push((entry) => find(searched(entry)));
  // A notice concerns all that follows, whatever is looked for.
  const test = (entry) => entry.kind === "notice" || tests.every((one) => one(entry));
  return { test, problem: problem || found.problem, isTrying: problem === TRYING };
}

const isMessage = ({ kind }) => kind === "text" || kind === "binary";

function compileText({ text, regex }, trial) {
  if (!text) return { find: null, problem: "" };
  if (regex) {
    try {
      const pattern = new RegExp(text, "iu");
      if (trial.source !== text || trial.state === "trying") return { find: null, problem: TRYING };
      if (trial.state === "slow") return { find: null, problem: TOO_SLOW };
      return { find: (where) => pattern.test(where), problem: "" };
    } catch (error) {
      return { find: null, problem: error.message.replace(/^Invalid regular expression: /, "") };
    }
  }
  const wanted = text.toLowerCase();
  return { find: (where) => where.toLowerCase().includes(wanted), problem: "" };
}
