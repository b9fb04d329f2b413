/**
 * Finds the rule that comes nearest to a message, and compares the two.
 *
 * The server alone decides what matches. This is for the eye: it compares plain values at plain
 * paths (`$.a.b[0]`), and leaves all other conditions undecided.
 */

import { isDigits, readJson } from "../json.js";

const MOST = 300;

/**
 * The rule with the most conditions that the message is known to meet.
 * @param {{rule: string, matches: boolean, why: string}[]} rules the server's explanations
 * @param {object | null} definition of the endpoint
 * @param {{text: string}} payload
 */
export function nearestOf(rules, definition, payload) {
  const read = readJson(payload.text);
  const scored = rules
    .filter(({ matches }) => !matches)
    .map(({ rule, why }) => {
      const match = matchOf(rule, definition);
      const compared = match ? compareWith(match, payload.text, read) : [];
      return { rule, why, match, payload, score: compared.filter(({ isSame }) => isSame).length };
    })
    .filter(({ match }) => match);
  return scored.reduce((best, one) => (best && best.score >= one.score ? best : one), null);
}

/** The conditions of a rule by its name; one without a name is called `rules[0]`. */
function matchOf(name, definition) {
  const rules = definition?.rules ?? [];
  return rules.find((one, at) => (one.name ?? `rules[${at}]`) === name)?.match ?? null;
}

/**
 * Compare conditions with a message, one by one.
 * @returns {{condition: string, wanted: string, got: string, isSame: boolean | null}[]} isSame:
 *   null if it was not decided
 */
export function compareWith(match, text, read) {
  return Object.entries(match).flatMap(([name, wanted]) => {
    if (name === "text") return compare("text", wanted, text);
    if (name !== "json") return compare(name, wanted, undefined, false);
    if (!read) return compare("json", wanted, text);
    if (!isPaths(wanted)) return compare("json", wanted, read.value);
    return Object.entries(wanted).map(([path, value]) => {
      const found = follow(path, read.value);
      return compare(path, value, found?.value, found !== null);
    });
  });
}

const isPaths = (wanted) =>
  isObject(wanted) && Object.keys(wanted).every((key) => key.startsWith("$"));
const isObject = (value) =>
  value !== null && typeof value === "object" && !Array.isArray(value) && !isDigits(value);

function compare(condition, wanted, got, isKnown = true) {
  const isSame = isObject(wanted) || !isKnown ? null : write(wanted) === write(got);
  return { condition, wanted: write(wanted), got: isKnown ? write(got) : "", isSame };
}

function write(value) {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

/** The value at a path of names and numbers; null: it is another kind of path. */
function follow(path, root) {
  if (!/^\$(\.\w+|\[\d+\])*$/.test(path)) return null;
  const steps = path.match(/\w+/g) ?? [];
  return { value: steps.reduce((value, step) => value?.[step], root) };
}
