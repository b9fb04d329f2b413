/** Where a cursor is in YAML that may not be finished: told by the indentation. */

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:,[\]{}"'][^:#,[\]{}]*?)\s*:(?=\s|$)/;

/**
 * @typedef {object} Spot
 * @property {(string | null)[]} path the keys that lead to the cursor; null: an item of a list
 * @property {"key" | "value" | "either"} kind what can be written; either: the beginning of an item
 * @property {string} word what is written of it before the cursor
 */

/** @param {string[]} lines up to the cursor; the last one ends there @returns {Spot | null} */
export function spotAt(lines) {
  const line = lines.at(-1);
  const { steps, rest, column } = stepsOf(line);
  if (rest.startsWith("#") || / #/.test(rest)) return null;
  const first = steps.length ? steps[0] : { column, name: undefined };
  const above = parentsOf(lines.slice(0, -1), first);
  const path = [...above, ...steps].map(({ name }) => name);
  const last = steps.at(-1);
  if (/^[[{]/.test(rest)) return inFlow(rest, path);
  if (!last || last.name === null) return { path, kind: last ? "either" : "key", word: rest };
  return { path, kind: "value", word: rest };
}

/** The items and the key that begin on a line, and what follows them. */
function stepsOf(line) {
  const steps = [];
  let column = line.length - line.trimStart().length;
  let rest = line.slice(column);
  for (let found; (found = rest.match(/^-(\s+|$)/));) {
    steps.push({ column, name: null });
    column += found[0].length;
    rest = rest.slice(found[0].length);
  }
  const key = rest.match(KEY);
  if (key) {
    steps.push({ column, name: unquoted(key[1]) });
    rest = rest.slice(key[0].length).trimStart();
  }
  return { steps, rest, column };
}

/** The steps on the lines above that are less indented, one after the other. */
function parentsOf(lines, first) {
  const parents = [];
  let below = first;
  for (let at = lines.length - 1; at >= 0 && below.column >= 0; at -= 1) {
    if (!lines[at].trim() || lines[at].trimStart().startsWith("#")) continue;
    for (const step of stepsOf(lines[at]).steps.toReversed()) {
      const isBeside = step.column === below.column && below.name === null && step.name !== null;
      if (step.column >= below.column && !isBeside) continue;
      parents.unshift(step);
      below = step;
    }
    if (below.column === 0 && below.name !== null) break;
  }
  return parents;
}

/** The spot in a list or a mapping that is written on one line. */
function inFlow(text, path) {
  const inside = [];
  let word = "";
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at];
    if (one === '"' || one === "'") {
      const end = text.indexOf(one, at + 1);
      if (end < 0) return null;
      word += text.slice(at, end + 1);
      at = end;
    } else if (one === "{" || one === "[") {
      inside.push({ isMap: one === "{", name: one === "{" ? undefined : null });
      word = "";
    } else if (one === "}" || one === "]") {
      inside.pop();
      word = "";
    } else if (one === ",") {
      if (inside.at(-1)?.isMap) inside.at(-1).name = undefined;
      word = "";
    } else if (one === ":" && /\s|^$/.test(text[at + 1] ?? "") && inside.at(-1)?.isMap) {
      inside.at(-1).name = unquoted(word.trim());
      word = "";
    } else word += one;
  }
  if (!inside.length) return null;
  const names = inside.map(({ name }) => name).filter((name) => name !== undefined);
  const { isMap, name } = inside.at(-1);
  const kind = !isMap ? "either" : name === undefined ? "key" : "value";
  return { path: [...path, ...names], kind, word: word.trimStart() };
}

const unquoted = (text) => (/^["']/.test(text) ? text.slice(1, -1) : text);
