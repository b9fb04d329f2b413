/** Reads JSON without a change of its numbers. */

/**
 * Read JSON. A number that JavaScript would write differently stays as its digits, where the
 * browser can do that (`JSON.rawJSON`); `JSON.stringify` writes it as it was.
 * @returns {{value: any} | null} null: it is no JSON
 */
export function readJson(text) {
  try {
    return { value: JSON.parse(text, keepDigits) };
  } catch {
    return null;
  }
}

/** Whether a value stands for a number by its digits. */
export const isDigits = (value) => JSON.isRawJSON?.(value) ?? false;

function keepDigits(_key, value, context) {
  const isChanged =
    typeof value === "number" && context?.source && String(value) !== context.source;
  return isChanged && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
}
