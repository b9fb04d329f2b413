/**
 * The logical clients of the traffic, and which entry belongs to which.
 *
 * The server says with handshakes and opens whose they are. Later entries have the id of the
 * connection, and faults of a handshake come right after it.
 *
 * @typedef {object} Session
 * @property {string} key in the address; the server's name of the logical client
 * @property {string | null} endpoint
 * @property {string} [namespace]
 * @property {string} path with its query, of the latest handshake
 * @property {number} attempts handshakes that were seen
 * @property {number} refused
 * @property {number} messages
 * @property {number} open connections that are open
 * @property {number} latest the index of its latest entry; tells whether anything has changed
 */

import { CAPACITY, revision, ring } from "../store/traffic.js";
import { isHttp } from "../traffic/summary.js";
import { computed } from "../ui.js";

const MOST_SESSIONS = 1_000;
const MOST_CONNECTIONS = 20_000;

/** @type {Map<string, Session>} */
const sessions = new Map();

/** The session of each connection, by run and client id. @type {Map<string, Session>} */
const byConnection = new Map();

/** The session of each entry, at the place that it has in the ring. */
const owners = new Array(CAPACITY);

let read = 0;
/** The handshake that was read last, to which a fault without a client belongs. */
let handshake = null;

/** All sessions, the one that was seen first last. */
export const listed = computed(() => {
  revision.value;
  readNew();
  return [...sessions.values()].reverse();
});

/** The session with this key, or undefined. */
export function find(key) {
  readNew();
  return sessions.get(key);
}

/** The entries of a session that the page has, from an index of the ring on. */
export function* entriesOf(session, from = 0) {
  readNew();
  for (let at = Math.max(from, ring.first); at < ring.end; at += 1) {
    if (owners[at % CAPACITY] === session) yield ring.at(at);
  }
}

function readNew() {
  for (read = Math.max(read, ring.first); read < ring.end; read += 1) {
    const entry = ring.at(read);
    const session = ownerOf(entry);
    owners[read % CAPACITY] = session;
    if (session) count(session, entry);
  }
}

function ownerOf(entry) {
  const { kind, client, details, run } = entry;
  if (kind === "handshake") {
    handshake = entry;
    return sessionOf(details.logical_client ?? `#${entry.seq}`, entry);
  }
  if (isHttp(kind)) return sessionOf(details.logical_client, entry);
  if (client === undefined) {
    return isOfHandshake(entry) ? sessions.get(handshake.details.logical_client) : undefined;
  }
  const connection = `${run} ${client}`;
  const known = byConnection.get(connection);
  if (known) return known;
  // Without its open, which may be older than the page, a connection stands for itself.
  const session = sessionOf(details.logical_client || client, entry);
  keep(byConnection, connection, session, MOST_CONNECTIONS);
  return session;
}

function isOfHandshake({ kind, run, endpoint, namespace, attempt }) {
  return (
    (kind === "fault" || kind === "error") &&
    handshake?.run === run &&
    handshake.endpoint === endpoint &&
    handshake.namespace === namespace &&
    handshake.attempt === attempt
  );
}

function sessionOf(key, { endpoint, namespace }) {
  const known = sessions.get(key);
  if (known) return known;
  const made = {
    key,
    endpoint,
    namespace,
    path: "",
    attempts: 0,
    refused: 0,
    messages: 0,
    open: 0,
    latest: 0,
  };
  keep(sessions, key, made, MOST_SESSIONS);
  return made;
}

function count(session, { kind, details, index }) {
  session.latest = index;
  if (kind === "handshake") {
    session.attempts += 1;
    session.path = pathOf(details);
    if (details.status !== 101) session.refused += 1;
  } else if (kind === "request") {
    session.path ||= pathOf(details);
  } else if (kind === "text" || kind === "binary") session.messages += 1;
  else if (kind === "open") session.open += 1;
  else if (kind === "close") session.open = Math.max(0, session.open - 1);
}

/** The path and the query of a handshake. */
export function pathOf({ path, query }) {
  const pairs = Object.entries(query ?? {}).map(([name, value]) => `${name}=${value}`);
  return `${path ?? ""}${pairs.length ? `?${pairs.join("&")}` : ""}`;
}

function keep(map, key, value, most) {
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value);
}
