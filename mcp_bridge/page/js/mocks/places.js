/** Finds the part of a text that a problem is about. */

/**
 * A problem of the server, `rules[0].match.json: text`, with the part of the text that it is about.
 * @param {string} problem
 * @param {any} tree the document that was read
 * @param {{isMap: Function, isSeq: Function}} library
 * @returns {{from: number, to: number, place: string, text: string}}
 */
export function locate(problem, tree, { isMap, isSeq }) {
  let node = tree.contents;
  let rest = problem.replace(/^endpoints\[0\](?=:)/, "");
  let range = null;
  for (;;) {
    const step = isMap(node) ? intoMap(node, rest) : isSeq(node) ? intoList(node, rest) : null;
    if (!step) break;
    range = step.range;
    node = step.node;
    rest = rest.slice(step.length);
  }
  const [, beyond, text] = rest.match(/^(.*?): (.*)$/s) ?? ["", "", rest];
  const place = problem.slice(0, problem.length - rest.length) + beyond;
  const [from, to] = range ?? [0, Math.max(0, tree.contents?.range?.[1] ?? 0)];
  return { from, to, place: place.replace(/^\./, ""), text };
}

/** The key that a place goes on with. Keys may have dots in them, so the longest one counts. */
function intoMap(map, rest) {
  const dot = rest.startsWith(".") ? 1 : 0;
  let best = null;
  for (const { key, value } of map.items) {
    const name = String(key?.value ?? "");
    const end = dot + name.length;
    if (!rest.startsWith(name, dot) || !/^(\.|\[|: )/.test(rest.slice(end))) continue;
    if (best && best.length >= end) continue;
    best = { length: end, node: value, range: [key.range[0], endOf(value, key)] };
  }
  return best;
}

function intoList(list, rest) {
  const [whole, number] = rest.match(/^\[(\d+)\]/) ?? [];
  const node = list.items[number];
  return node?.range ? { length: whole.length, node, range: [node.range[0], node.range[1]] } : null;
}

/** The end of a short value; of a longer one, that of its key. */
function endOf(value, key) {
  return value?.range && value.items === undefined
    ? Math.max(value.range[1], key.range[1])
    : key.range[1];
}

/** Where a rule begins. @returns {number | null} */
export function placeOfRule(tree, index) {
  const list = tree.get?.("rules", true);
  return list?.items?.[index]?.range?.[0] ?? null;
}
