/** The conversation that is shown. */

import { params } from "../route.js";
import { revision, ring } from "../store/traffic.js";
import { signal } from "../ui.js";
import { entriesOf, find } from "./sessions.js";
import { Story } from "./story.js";

/** The runs of messages that are shown in full, by the indexes of their first entries. */
export const expanded = signal(new Set());

/** The id of the item with the focus; null: none has it. */
export const active = signal(null);

/** Whether the diagram stays at its end while it grows. */
export const isFollowing = signal(true);

const nothing = { key: null, expanded: null, story: new Story(), next: 0 };
let built = nothing;

/**
 * The session that the address names, or undefined. A connection that opened before the traffic
 * that the page has stands for itself, so the address may name it, too.
 */
export function session() {
  revision.value;
  return find(params.value.of) ?? find(params.value.client);
}

/** The story of the session up to now; the same one as long as nothing else is asked for. */
export function currentStory() {
  const shown = session();
  if (!shown) return nothing.story;
  if (built.session !== shown || built.expanded !== expanded.value) {
    built = { session: shown, expanded: expanded.value, story: new Story(expanded.value), next: 0 };
  }
  for (const entry of entriesOf(shown, built.next)) built.story.add(entry);
  built.next = ring.end;
  return built.story;
}

/** Show a run in full. */
export function expand(item) {
  expanded.value = new Set([...expanded.value, item.entry.index]);
}

export function collapseAll() {
  expanded.value = new Set();
}
