/**
 * Drafts of rules, from whoever makes one to the view that edits mocks.
 *
 * @typedef {object} Draft
 * @property {string | null} namespace
 * @property {{name?: string, path?: string}} endpoint where the rule belongs: the name if the
 *   endpoint exists
 * @property {object} rule as in a mocks file
 */

let editor = () => {};

/**
 * Say who takes drafts, such as a view that opens itself.
 * @param {(draft: Draft) => void} take
 */
export function takeDrafts(take) {
  editor = take;
}

/** Hand over a draft. @param {Draft} draft */
export const offerDraft = (draft) => editor(draft);
