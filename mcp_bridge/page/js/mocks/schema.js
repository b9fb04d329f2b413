/** What may be written in an endpoint, from the JSON Schema of the server. */

import { call } from "../api.js";

const AT_ONCE = 6;
const DEEPEST = 12;

let loading = null;

/** All parts of the schema by their names. They are read once. @returns {Promise<Map<string, object>>} */
export function loadSchema() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function load() {
  const quietly = { quiet: true };
  const { parts } = await call("get_websocket_schema", {}, quietly);
  const names = parts.map(({ name }) => name);
  const asked = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    asked.push(call("get_websocket_schema", { parts: names.slice(at, at + AT_ONCE) }, quietly));
  }
  const answers = await Promise.all(asked);
  return new Map(answers.flatMap(({ schemas }) => Object.entries(schemas)));
}

/**
 * What may stand at a place.
 * @param {Map<string, object>} parts
 * @param {(string | null)[]} path the keys that lead to it; null: an item of a list
 * @returns {{keys: {name: string, about: string, opens: boolean}[], values: {name: string, about: string}[]}}
 */
export function allowedAt(parts, path) {
  let schemas = flat(parts, { $ref: "#/$defs/Endpoint" });
  for (const step of path) {
    schemas = schemas
      .map((one) => (step === null ? one.items : (one.properties?.[step] ?? extra(one))))
      .filter(Boolean)
      .flatMap((one) => flat(parts, one));
  }
  return { keys: keysOf(parts, schemas), values: valuesOf(schemas) };
}

const extra = ({ additionalProperties }) =>
  typeof additionalProperties === "object" ? additionalProperties : null;

/** The alternatives of a schema. What is said beside a reference goes to each of them. */
function flat(parts, schema, depth = 0) {
  if (depth > DEEPEST || !schema) return [];
  const { $ref, anyOf, oneOf, allOf, ...own } = schema;
  const others = [...(anyOf ?? []), ...(oneOf ?? []), ...(allOf ?? [])];
  if ($ref) others.push(parts.get($ref.split("/").at(-1)));
  if (!others.length) return [own];
  const description = own.description ? { description: own.description } : {};
  const found = others
    .flatMap((one) => flat(parts, one, depth + 1))
    .map((one) => ({ ...one, ...description }));
  // Alternatives may say no more than which of the keys are needed.
  return own.properties ? [own, ...found] : found;
}

function keysOf(parts, schemas) {
  const found = new Map();
  for (const { properties = {} } of schemas) {
    for (const [name, schema] of Object.entries(properties)) {
      if (found.has(name)) continue;
      const inside = flat(parts, schema);
      const opens = inside.some((one) => one.properties || one.items || extra(one));
      const about = schema.description ?? inside.find((one) => one.description)?.description ?? "";
      found.set(name, { name, about, opens: opens && !inside.some((one) => isScalar(one)) });
    }
  }
  return [...found.values()];
}

const isScalar = ({ type }) => ["string", "integer", "number", "boolean"].includes(type);

function valuesOf(schemas) {
  const found = new Map();
  for (const { enum: some, const: only, type, description = "" } of schemas) {
    const values = some ?? (only !== undefined ? [only] : type === "boolean" ? [true, false] : []);
    for (const value of values)
      found.set(String(value), { name: String(value), about: description });
  }
  return [...found.values()];
}
