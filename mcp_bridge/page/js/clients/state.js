/** The connected clients, as the server lists them, asked again and again while they are shown. */

import { call } from "../api.js";
import { namespace } from "../route.js";
import { revision, ring } from "../store/traffic.js";
import { computed, effect, signal, untracked } from "../ui.js";

const EVERY_MS = 2_000;
const SOON_MS = 200;
const PER_PAGE = 100;

/** The most clients that are listed. */
export const MOST = 500;

/** @type {import("../ui.js").Signal<object[] | null>} null: not known yet */
export const clients = signal(null);

/** All that are connected, listed or not. */
export const total = signal(0);

/** The ids of the chosen clients. */
export const chosen = signal(new Set());

/** The chosen clients that are still there. */
export const picked = computed(() =>
  (clients.value ?? []).filter(({ id }) => chosen.value.has(id)),
);

/** What the clock of the server says, in ms since 1970; it changes every second. */
export const now = signal(Date.now());

let ahead = 0;
let isAsking = false;
let planned = 0;

/** Keep the list up to date, until the returned function is called. */
export function follow() {
  let seen = ring.end;
  const tick = () => {
    now.value = Date.now() + ahead;
  };
  const timers = [setInterval(tick, 1_000), setInterval(() => document.hidden || ask(), EVERY_MS)];
  const stops = [
    effect(() => {
      namespace.value;
      untracked(ask);
    }),
    effect(() => {
      revision.value;
      if (untracked(() => hasChanges(seen))) askSoon();
      seen = ring.end;
    }),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer);
    for (const stop of stops) stop();
    clearTimeout(planned);
    planned = 0;
  };
}

/** Choose a client, or no longer. */
export function toggle(id) {
  const next = new Set(chosen.value);
  if (!next.delete(id)) next.add(id);
  chosen.value = next;
}

/** Choose all that are listed, or none if all are chosen. */
export function toggleAll() {
  const ids = (clients.value ?? []).map(({ id }) => id);
  const isAll = ids.length > 0 && picked.value.length === ids.length;
  chosen.value = new Set(isAll ? [] : ids);
}

function hasChanges(from) {
  for (let at = from; at < ring.end; at += 1) {
    const kind = ring.at(at)?.kind;
    if (kind === "open" || kind === "close") return true;
  }
  return false;
}

function askSoon() {
  planned ||= setTimeout(() => {
    planned = 0;
    ask();
  }, SOON_MS);
}

async function ask() {
  if (isAsking) return askSoon();
  isAsking = true;
  const wanted = namespace.value;
  try {
    const listed = await list(wanted);
    if (wanted !== namespace.value) return askSoon();
    clients.value = listed;
    dropGone(listed);
  } catch {
    // The header says that the server does not answer.
  } finally {
    isAsking = false;
  }
}

async function list(wanted) {
  const listed = [];
  let cursor;
  do {
    const args = { limit: PER_PAGE, cursor, namespace: wanted || undefined };
    const page = await call("get_websocket_clients", args, { quiet: true });
    listed.push(...page.clients);
    total.value = page.total_clients;
    ahead = page.timestamp * 1000 - Date.now();
    now.value = Date.now() + ahead;
    cursor = page.next_cursor ?? undefined;
  } while (cursor && listed.length < MOST);
  return listed.slice(0, MOST);
}

function dropGone(listed) {
  const ids = new Set(listed.map(({ id }) => id));
  const left = [...chosen.value].filter((id) => ids.has(id));
  if (left.length < chosen.value.size) chosen.value = new Set(left);
}
