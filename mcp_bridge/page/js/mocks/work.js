/** What is done with the endpoint in the editor: look, apply, undo, remove. Nothing is ever lost. */

import { call } from "../api.js";
import { open } from "../route.js";
import { showError, showNews } from "../toasts.js";
import { batch, signal } from "../ui.js";
import { refresh } from "./catalogue.js";
import { isOne, problemsOf } from "./check.js";
import { documentOf, NEW_NAME } from "./document.js";
import { readText } from "./yaml_text.js";

/** A question before something is replaced: `{document, title, theirs, mine, act}`; null: none. */
export const question = signal(null);

const named = (document, name = document.name) => ({
  name,
  namespace: document.namespace ?? undefined,
});

/** What the server has of an endpoint; null: nothing. */
async function ask(document) {
  // A browser notes each 404 as an error, so what is not listed is not asked for.
  const { endpoints, total } = await refresh(document.namespace ?? "");
  if (endpoints.length === total && !endpoints.some(({ name }) => name === document.name))
    return null;
  try {
    const options = { quiet: true, exact: true };
    const asked = { ...named(document), as_yaml: true };
    const answer = await call("list_websocket_mocks", asked, options);
    return answer.endpoints[0];
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/**
 * Do one thing after the other with a document: an answer that was on its way while we changed
 * something would look like a change from elsewhere.
 */
function inTurn(document, act) {
  const turn = document.busy.then(act);
  document.busy = turn.catch(() => {});
  return turn;
}

export const look = (document) => inTurn(document, () => lookNow(document));
export const apply = (document, how) => inTurn(document, () => applyNow(document, how));
export const undo = (document) => inTurn(document, () => undoNow(document));
export const remove = (document) => inTurn(document, () => removeNow(document));

/**
 * Look at what is in force. A change from elsewhere becomes a version; what somebody is writing stays.
 * @returns {Promise<boolean>} whether it has changed since the last look
 */
async function lookNow(document) {
  if (document.name === NEW_NAME) return false;
  const model = await ask(document);
  const definition = model && JSON.stringify(model.definition);
  const before = document.inForce.value;
  batch(() => {
    document.model.value = model;
    if (before?.definition !== definition || (model && before?.seed !== model.seed)) {
      adopt(document, model, definition);
    }
  });
  return before !== null && before !== document.inForce.value;
}

function adopt(document, model, definition) {
  const wasChanged = document.text.value !== null && document.isChanged.value;
  const isFirst = !document.versions.value.length;
  const same = document.versions.value.find(
    (one) => one.definition === definition && one.text !== null,
  );
  const text = model && (same?.text ?? model.yaml);
  const seed = model?.seed ?? document.seed.value;
  document.enforce({ by: isFirst ? "found" : "elsewhere", text, seed, definition });
  if (!wasChanged && text !== null) document.show({ text, seed });
  else if (!isFirst) document.conflict.value = document.current.value;
}

/** Put what is written in force. */
async function applyNow(document, { isSure = false } = {}) {
  const { value, errors } = readText(document.text.value);
  if (errors.length) return showError(`Not applied: ${errors[0].text}`);
  const name = await nameOf(document, value);
  if (name === null) return undefined;
  const target = name && name !== document.name ? documentOf(document.namespace, name) : document;
  await lookNow(target);
  const isOther = target !== document && target.model.value !== null;
  if (!isSure && (document.conflict.value !== null || isOther)) {
    return askFirst(document, target, isOther);
  }
  const result = await put(document, document.text.value, document.seed.value);
  if (!result) return undefined;
  const { text, seed } = { text: document.text.value, seed: document.seed.value };
  await record(target, text, seed);
  // Not before: the view that opens looks at the target in its own turn.
  if (target !== document) leave(document, target);
  showNews(`${result.replaced ? "Replaced" : "Created"} ${result.name}`);
  return result;
}

/** The name of the endpoint that is written; null: it cannot be set, which has been told. */
async function nameOf(document, value) {
  if (!value.extends && !value.include && !value.endpoints)
    return String(value.name || value.path || "");
  const result = await put(document, document.text.value, document.seed.value, { isDry: true });
  if (result && !isOne(result)) showError("Not applied: the editor is for one endpoint");
  return result && isOne(result) ? result.name : null;
}

function askFirst(document, target, isOther) {
  question.value = {
    title: isOther
      ? `There is an endpoint “${target.name}” already`
      : `“${target.name}” was changed elsewhere`,
    theirs: target.inForce.value?.text ?? "",
    mine: document.text.value,
    does: "Apply mine",
    act: () => apply(document, { isSure: true }),
    instead: isOther ? null : () => takeTheirs(document),
  };
}

/** Leave a document for the one whose endpoint its text was for. */
function leave(document, target) {
  const { text, seed } = document.inForce.value ?? { text: null, seed: "0" };
  target.goTo.value = document.cursor;
  document.show({ text, seed });
  open("mocks", { endpoint: target.name, in: target.namespace ?? "" });
}

/** Put a text in force, as it is written, or only check it. */
async function put(document, endpoint, seed, { isDry = false } = {}) {
  const asked = { endpoint, seed, namespace: document.namespace ?? undefined, dry_run: isDry };
  const result = await call("set_websocket_mock", asked);
  if (result.status !== "error") return result;
  document.checked.value = {
    of: document.text.value,
    problems: problemsOf(document.text.value, result),
  };
  showError(`Not applied: ${result.errors[0]}`);
  return null;
}

/** Note what is in force after our own change. */
async function record(document, text, seed) {
  const model = await ask(document);
  batch(() => {
    document.model.value = model;
    document.enforce({ by: "you", text, seed, definition: JSON.stringify(model?.definition) });
    document.show({ text, seed });
  });
}

/** Show what is in force; what was written is kept as a version. */
export function takeTheirs(document) {
  document.keep();
  const { text, seed } = document.inForce.value;
  document.show({ text: text ?? document.text.value, seed });
}

/** Put the version before in force again. */
async function undoNow(document) {
  if (await lookNow(document)) {
    return showError(`“${document.name}” was changed elsewhere just now. Nothing was undone.`);
  }
  const target = document.before;
  if (!target) return undefined;
  document.keep();
  if (target.text === null) await takeAway(document);
  else if (!(await put(document, target.text, target.seed))) return undefined;
  const model = target.text === null ? null : await ask(document);
  batch(() => {
    document.model.value = model;
    document.current.value = target.id;
    document.show({ text: target.text ?? document.text.value, seed: target.seed });
  });
  return showNews(`The version before is in force again: ${document.name}`);
}

/** Remove an endpoint. Undo brings it back. */
async function removeNow(document) {
  await lookNow(document);
  document.keep();
  await takeAway(document);
  const seed = document.seed.value;
  batch(() => {
    document.model.value = null;
    document.enforce({ by: "you", text: null, seed, definition: null });
  });
  showNews(`Removed ${document.name}`);
}

const takeAway = ({ name, namespace }) =>
  call("remove_websocket_mock", { names: [name], namespace: namespace ?? undefined });
