/** What the editor offers while somebody writes. */

import { allowedAt, loadSchema } from "./schema.js";
import { spotAt } from "./yaml_path.js";

/** A source of completions for CodeMirror. */
export async function complete(context) {
  const { doc } = context.state;
  const line = doc.lineAt(context.pos);
  const before = [];
  for (let number = 1; number < line.number; number += 1) before.push(doc.line(number).text);
  const spot = spotAt([...before, line.text.slice(0, context.pos - line.from)]);
  if (!spot || /\s/.test(spot.word)) return null;
  if (!spot.word && !context.explicit && spot.kind !== "value") return null;
  const parts = await loadSchema().catch(() => null);
  if (!parts || context.aborted) return null;
  const { keys, values } = allowedAt(parts, spot.path);
  const options = [
    ...(spot.kind === "value" ? [] : keys.map(offerKey)),
    ...(spot.kind === "key" ? [] : values.map(offerValue)),
  ];
  if (!options.length) return null;
  return { from: context.pos - spot.word.length, options, validFor: /^[\w$.-]*$/ };
}

const offerKey = ({ name, about, opens }) => ({
  label: name,
  info: about || undefined,
  type: "property",
  apply: opens ? `${name}:` : `${name}: `,
});

const offerValue = ({ name, about }) => ({ label: name, info: about || undefined, type: "enum" });
