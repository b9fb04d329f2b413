/** What the server says about itself, asked again and again while the page is looked at. */

import { call } from "../api.js";
import { namespace } from "../route.js";
import { computed, effect, signal } from "../ui.js";
import { revision, seen } from "./traffic.js";

const EVERY_MS = 5_000;

/** The result of `get_websocket_server_status`; null: not known yet. */
export const server = signal(null);

const known = signal([]);
const met = computed(() => (revision.value, [...seen.namespace].sort().join(" ")));

/** The names of all namespaces. */
export const namespaces = computed(() => {
  const chosen = ["*", ""].includes(namespace.value) ? [] : [namespace.value];
  return [...new Set([...known.value, ...met.value.split(" "), ...chosen])].filter(Boolean).sort();
});

/** The namespace for tools that work in one: undefined means outside namespaces. */
export const oneNamespace = computed(() => {
  return namespace.value === "*" || namespace.value === "" ? undefined : namespace.value;
});

/** Begin to ask. Once for each page. */
export function startServerStatus() {
  effect(() => {
    ask(oneNamespace.value);
  });
  setInterval(() => document.hidden || ask(oneNamespace.peek()), EVERY_MS);
}

/** Ask now, without waiting for the next time. */
export const refreshServer = () => ask(oneNamespace.peek());

async function ask(name) {
  const quietly = { quiet: true };
  const [status, mocks] = await Promise.allSettled([
    call("get_websocket_server_status", { namespace: name }, quietly),
    call("list_websocket_mocks", {}, quietly),
  ]);
  if (status.status === "fulfilled") server.value = status.value;
  if (mocks.status === "fulfilled") known.value = mocks.value.namespaces ?? [];
}
