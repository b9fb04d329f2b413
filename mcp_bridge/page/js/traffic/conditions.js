/** The dialog for conditions that have no field of their own. */

import { Dialog } from "../parts/dialog.js";
import { params, setParams } from "../route.js";
import { html, useId, useState } from "../ui.js";
import { problemOf } from "./server_filter.js";

const EXAMPLE = '{"match": {"json": {"$.type": "subscribe"}}}';

/** Props: `onClose`. The conditions are those of `get_websocket_traffic`, as JSON. */
export function ConditionsDialog({ onClose }) {
  const [text, setText] = useState(params.value.match ?? "");
  const [problem, setProblem] = useState("");
  const field = useId();
  const apply = async (event) => {
    event.preventDefault();
    const read = readObject(text);
    const found = read.problem || (await problemOf(read.value));
    if (found) return setProblem(found);
    const isEmpty = !Object.keys(read.value).length;
    setParams({ match: isEmpty ? undefined : JSON.stringify(read.value) });
    return onClose();
  };
  return html`
    <${Dialog} title="Conditions" onClose=${onClose}>
      <form onSubmit=${apply}>
        <p>
          <label for=${field}>
            The conditions of <code>get_websocket_traffic</code> as JSON, such as ${" "}
            <code>${EXAMPLE}</code> or <code>${'{"attempt": {"at_least": 3}}'}</code>
          </label>
        </p>
        <textarea id=${field} rows="5" spellcheck=${false} value=${text}
          aria-invalid=${problem ? "true" : undefined}
          onInput=${({ currentTarget }) => setText(currentTarget.value)}></textarea>
        <p class="bad problem" role="alert">${problem}</p>
        <p><button type="submit">Apply</button></p>
      </form>
    <//>
  `;
}

function readObject(text) {
  if (!text.trim()) return { value: {}, problem: "" };
  try {
    const value = JSON.parse(text);
    const isObject = value && typeof value === "object" && !Array.isArray(value);
    return { value, problem: isObject ? "" : "Write a JSON object, such as {}." };
  } catch (error) {
    return { value: {}, problem: error.message };
  }
}
