/** Checks what is written, a moment after each change: the reader of YAML, then the server. */

import { call } from "../api.js";
import { effect, untracked } from "../ui.js";
import { locate } from "./places.js";
import { library, loadEditor, readText } from "./yaml_text.js";

const PAUSE_MS = 250;

/**
 * @typedef {object} Problem
 * @property {number} from
 * @property {number} to
 * @property {"error" | "warning"} severity
 * @property {string} place such as `rules[0].match`; "" for YAML
 * @property {string} text
 */

/** The problems that a dry run found. @returns {Problem[]} */
export function problemsOf(text, { errors, warnings }) {
  const { tree } = readText(text);
  const located = (severity) => (one) => ({ ...locate(one, tree, library()), severity });
  return [...errors.map(located("error")), ...warnings.map(located("warning"))];
}

/** Whether a result of `set_websocket_mock` is that of one endpoint, perhaps in a document. */
export const isOne = ({ endpoints }) => !endpoints || endpoints.length === 1;

/** Check a document whenever it changes, until the returned function is called. */
export function followChanges(document) {
  let timer = null;
  let asking = null;
  const stop = effect(() => {
    const [text, seed] = [document.text.value, document.seed.value];
    clearTimeout(timer);
    asking?.abort();
    if (text === null || untracked(() => document.checked.value?.of === text)) return;
    asking = new AbortController();
    timer = setTimeout(check, PAUSE_MS, document, text, seed, asking.signal);
  });
  return () => {
    stop();
    clearTimeout(timer);
    asking?.abort();
  };
}

async function check(document, text, seed, signal) {
  await loadEditor();
  const { errors } = readText(text);
  if (errors.length) {
    const problems = errors.map((one) => ({ ...one, severity: "error", place: "" }));
    document.checked.value = { of: text, problems };
    return;
  }
  const asked = {
    endpoint: text,
    seed,
    dry_run: true,
    namespace: document.namespace ?? undefined,
  };
  try {
    const result = await call("set_websocket_mock", asked, { quiet: true, signal });
    if (!isOne(result)) result.errors.push("endpoints: the editor is for one endpoint");
    document.checked.value = { of: text, problems: problemsOf(text, result), result };
  } catch (error) {
    if (error.name === "AbortError") return;
    const problem = { from: 0, to: 0, severity: "error", place: "", text: error.message };
    document.checked.value = { of: text, problems: [problem] };
  }
}
