/** Definitions of endpoints as YAML: what the server has as text, and text as what it takes. */

import { isDigits } from "../json.js";

/** The library, which comes with the editor. It is loaded when the first definition is shown. */
let editor = null;

/** Load the editor and the reader of YAML. Everything else here needs it. */
export async function loadEditor() {
  editor ??= await import("../../vendor/editor.js");
  return editor;
}

/** The library, once it is loaded. */
export const library = () => editor;

/**
 * A definition as text.
 * @param {object} definition as the server has it; big numbers as their digits
 */
export function textOf(definition) {
  return editor.stringify(writable(definition), { lineWidth: 100, aliasDuplicateObjects: false });
}

/** Numbers whose digits JavaScript would change, in a form that the writer keeps. */
function writable(value) {
  if (isDigits(value)) {
    const digits = JSON.stringify(value);
    return /^-?\d+$/.test(digits) ? BigInt(digits) : Number(digits);
  }
  if (Array.isArray(value)) return value.map(writable);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, writable(item)]));
}

/**
 * @typedef {object} ReadText
 * @property {any} tree the document of the library
 * @property {any} value what the server takes; undefined if there are errors
 * @property {{from: number, to: number, text: string}[]} errors
 */

/** Read a text. @param {string} text @returns {ReadText} */
export function readText(text) {
  const tree = editor.parseDocument(text, { merge: true, prettyErrors: false });
  const errors = tree.errors.map((error) => ({
    from: Math.min(error.pos[0], text.length),
    to: Math.min(error.pos[1], text.length),
    text: `Not valid YAML: ${error.message}`,
  }));
  if (errors.length) return { tree, value: undefined, errors };
  editor.visit(tree, { Scalar: (_key, node) => keepDigits(node) });
  try {
    const value = tree.toJS({ maxAliasCount: 100 });
    const isEndpoint = value !== null && typeof value === "object" && !Array.isArray(value);
    if (isEndpoint) return { tree, value, errors };
    const what = "Write one endpoint: `path`, and what belongs to it.";
    return { tree, value: undefined, errors: [{ from: 0, to: text.length, text: what }] };
  } catch (error) {
    return { tree, value: undefined, errors: [{ from: 0, to: text.length, text: error.message }] };
  }
}

function keepDigits(node) {
  const { value, source } = node;
  if (typeof value !== "number" || !JSON.rawJSON || String(value) === source) return;
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(source)) node.value = JSON.rawJSON(source);
}
