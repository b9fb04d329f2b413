/**
 * Drafts of rules, from whoever makes one to the view that edits mocks.
 *
 * @typedef {object} Draft
 * @property {string | null} namespace
 * @property {{name?: string, path?: string}} endpoint where the rule belongs: the name if the
 *   endpoint exists
 * @property {object} rule as in a mocks file
 */

import { signal } from "./ui.js";

let editor = null;

/**
 * The draft that is shown because nothing edits it.
 * @type {import("./ui.js").Signal<Draft | null>}
 */
export const shownDraft = signal(null);

/**
 * Say who takes drafts, such as a view that opens itself.
 * @param {(draft: Draft) => void} take
 */
export function takeDrafts(take) {
  editor = take;
}

/** Hand over a draft; without an editor it is shown as YAML. @param {Draft} draft */
export function offerDraft(draft) {
  if (editor) editor(draft);
  else shownDraft.value = draft;
}

/** The draft as a mocks file. @param {Draft} draft */
export function documentOf({ endpoint, rule }) {
  return { endpoints: [{ ...endpoint, rules: [rule] }] };
}
