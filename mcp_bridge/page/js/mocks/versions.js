/** The versions of one endpoint: what was in force, and what somebody wrote. Bounded, for this tab. */

const MOST = 30;
const PREFIX = "mock ";

/**
 * @typedef {object} Version
 * @property {number} id
 * @property {number} at when, in ms since 1970
 * @property {"found" | "you" | "elsewhere" | "kept"} by found: it was there; kept: never in force
 * @property {string | null} text null: there was no endpoint
 * @property {string} seed
 * @property {string | null} definition as the server has it, JSON; null: there was none, or it is kept
 * @property {number | null} before the version that was in force until then
 *
 * @typedef {{versions: Version[], current: number | null, text: string | null, seed: string}} Kept
 */

/** The versions with one more. The oldest go, but never the one in force. */
export function withVersion(versions, version, current) {
  const id = (versions.at(-1)?.id ?? 0) + 1;
  const all = [...versions, { ...version, id, at: Date.now() }];
  while (all.length > MOST) all.splice(all[0].id === current ? 1 : 0, 1);
  return all;
}

/** What is kept of an endpoint in this tab. @param {string} key @returns {Kept | null} */
export function recall(key) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + key));
  } catch {
    return null;
  }
}

/** Keep it, so that a reload loses nothing. @param {string} key @param {Kept} kept */
export function remember(key, kept) {
  try {
    sessionStorage.setItem(PREFIX + key, JSON.stringify(kept));
  } catch {
    // Without storage, or when it is full, the page itself still has everything.
  }
}
