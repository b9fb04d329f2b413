/** Puts a draft of a rule into the text of its endpoint, and has the template of a new one. */

import { library, readText, textOf } from "./yaml_text.js";

export const TEMPLATE = `path: /new
rules:
  - name: greet
    trigger: connect
    do:
      - send: {json: {type: welcome}}
  - name: answer
    match: {json: {$.type: ping}}
    do:
      - send: {json: {type: pong, time: "{{ now | date }}"}}
# What no rule matches: ignore, echo, error, builtin or strict.
unmatched: ignore
`;

/**
 * The text of an endpoint with one more rule, which is tried first; and where it is.
 * @param {string} text
 * @param {object} draft
 * @returns {{text: string, place: number}}
 */
export function withRule(text, draft) {
  const { isSeq } = library();
  const { tree } = readText(text);
  const rules = tree.get?.("rules", true);
  const rule = isSeq(rules) ? withOwnName(draft, rules) : draft;
  if (isSeq(rules) && rules.items.length && !rules.flow) return beforeFirst(text, rules, rule);
  if (rules === undefined && !tree.errors.length) {
    const begin = text && !text.endsWith("\n") ? `${text}\n` : text;
    return {
      text: `${begin}rules:\n${item(rule, "  ")}`,
      place: begin.length + "rules:\n  - ".length,
    };
  }
  tree.errors.length || tree.setIn(["rules"], [rule, ...(tree.toJS().rules ?? [])]);
  const whole = tree.errors.length ? `${item(rule, "")}\n${text}` : tree.toString();
  return { text: whole, place: 0 };
}

/** The rule without a name that another one has: rules are counted by name. */
function withOwnName({ name, ...rule }, rules) {
  const isTaken = rules.items.some((one) => one.get?.("name") === name);
  return name === undefined || isTaken ? rule : { name, ...rule };
}

function beforeFirst(text, rules, rule) {
  const dash = text.lastIndexOf("-", rules.items[0].range[0] - 1);
  const line = text.lastIndexOf("\n", dash) + 1;
  const indent = text.slice(line, dash);
  return { text: text.slice(0, line) + item(rule, indent) + text.slice(line), place: dash + 2 };
}

/** A rule as an item of a list. */
function item(rule, indent) {
  const lines = textOf(rule).trimEnd().split("\n");
  return lines.map((line, at) => `${indent}${at ? "  " : "- "}${line}\n`).join("");
}
