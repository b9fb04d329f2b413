/** The choice of a dialect for a new endpoint: a ready-made mock for a well-known protocol. */

import { call } from "../api.js";
import { showError } from "../toasts.js";
import { html, useEffect, useState } from "../ui.js";
import { TEMPLATE } from "./drafts.js";
import { textOf } from "./yaml_text.js";

const FIRST = ["name", "path"];

/** Props: `document`, which is new. What was written before stays in its versions. */
export function DialectChoice({ document }) {
  const [dialects, setDialects] = useState([]);
  useEffect(() => {
    call("get_websocket_schema", {}, { quiet: true })
      .then((result) => setDialects(result.dialects))
      .catch(() => {});
  }, []);
  if (!dialects.length) return null;
  const choose = async ({ currentTarget }) => {
    try {
      const text = currentTarget.value ? await textFor(currentTarget.value) : TEMPLATE;
      document.keep();
      document.text.value = text;
    } catch (error) {
      showError(error.message);
    }
  };
  return html`
    <label class="choice">
      Protocol
      <select onChange=${choose}>
        <option value="">of its own</option>
        ${dialects.map(({ name, about }) => html`<option key=${name} value=${name} title=${about}>${name}</option>`)}
      </select>
    </label>
  `;
}

/** An endpoint that extends a dialect. Comments name the parameters that can be given, too. */
async function textFor(name) {
  const part = `dialect:${name}`;
  const { schemas } = await call("get_websocket_schema", { parts: [part] }, { quiet: true });
  const { description, properties, required = [] } = schemas[part];
  const names = Object.keys(properties);
  const given = names.filter((one) => FIRST.includes(one) || required.includes(one));
  const values = Object.fromEntries(given.map((one) => [one, properties[one].default ?? ""]));
  const others = names.filter((one) => !given.includes(one));
  const comments = others.map((one) => `    # ${one}: ${properties[one].description}\n`);
  return `# ${description}
extends:
  from: ${part}
  with:
${textOf(values).trimEnd().replace(/^/gm, "    ")}
${comments.join("")}# These rules come in front of those of the dialect.
rules: []
`;
}
