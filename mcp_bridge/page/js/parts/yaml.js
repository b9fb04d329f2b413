/** Writes plain values as YAML. It needs no reader: the server reads it, and drafts are edited. */

import { isDigits } from "../json.js";

const PLAIN = /^[A-Za-z_$/][\w $./{}-]*$/;
const NOT_TEXT = /^(true|false|null|yes|no|on|off|y|n|~|\.inf|\.nan)$/i;

/** @param {any} value made of objects, lists, texts, numbers, booleans and null */
export function toYaml(value) {
  return `${block(value, "")}\n`;
}

function block(value, indent) {
  if (Array.isArray(value) && value.length) {
    return value.map((item) => `${indent}- ${block(item, `${indent}  `).trimStart()}`).join("\n");
  }
  if (isMapping(value)) {
    return Object.entries(value)
      .map(([key, item]) => {
        const isNested = isMapping(item) || (Array.isArray(item) && item.length);
        const rest = isNested ? `\n${block(item, `${indent}  `)}` : ` ${scalar(item)}`;
        return `${indent}${text(key)}:${rest}`;
      })
      .join("\n");
  }
  return `${indent}${scalar(value)}`;
}

const isMapping = (value) =>
  value !== null &&
  typeof value === "object" &&
  !Array.isArray(value) &&
  !isDigits(value) &&
  Object.keys(value).length > 0;

function scalar(value) {
  return typeof value === "string" ? text(value) : JSON.stringify(value);
}

/** A text, quoted where YAML would read something else. JSON texts are YAML. */
function text(value) {
  const isPlain = PLAIN.test(value) && !NOT_TEXT.test(value) && !/[ :]$|: | #|\{\{/.test(value);
  return isPlain ? value : JSON.stringify(value);
}
