/**
 * Sets of faults for usual troubles. Each says in plain words what it will do. They are those of
 * the server, so that every skin has the same.
 *
 * @typedef {object} Preset
 * @property {string} name
 * @property {string} title
 * @property {string[]} does one sentence for each fault
 * @property {object[]} faults as in a mocks file, without a target
 * @property {boolean} [isOfHandshakes] it hits whoever connects, so it cannot be for one client
 */

/** @type {Preset[]} */
export const PRESETS = await (await fetch(new URL("../../presets.json", import.meta.url))).json();

/** How long faults last: the title, and `expires_after` of the tool. */
export const LIFETIMES = [
  ["5 seconds", "5s"],
  ["15 seconds", "15s"],
  ["1 minute", "1m"],
  ["10 minutes", "10m"],
  ["until they are cleared", ""],
];
