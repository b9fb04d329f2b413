/** The endpoints in force, by namespace. */

import { call } from "../api.js";
import { namespace } from "../route.js";
import { namespaces } from "../store/server.js";
import { batch, effect, signal } from "../ui.js";

const EVERY_MS = 2_000;

/** By the name of the namespace, "" outside namespaces: the result of `list_websocket_mocks`. */
export const lists = signal({});

/** The namespaces that are listed, in their order. */
export const listed = () =>
  namespace.value === "*" ? ["", ...namespaces.value] : [namespace.value];

/** Read the endpoints of a namespace. @returns {Promise<object>} the list, or the last one with `problem` */
export async function refresh(name) {
  const asked = { namespace: name || undefined };
  const found = await call("list_websocket_mocks", asked, { quiet: true }).catch((error) => ({
    endpoints: lists.value[name]?.endpoints ?? [],
    problem: error.message,
  }));
  batch(() => {
    lists.value = { ...lists.value, [name]: found };
  });
  return found;
}

/**
 * Keep the list up to date until the returned function is called. Of several namespaces, only that
 * outside all is asked again and again: a namespace that is asked about does not expire.
 */
export function followCatalogue() {
  const main = () => (namespace.peek() === "*" ? "" : namespace.peek());
  const stop = effect(() => {
    namespace.value;
    refresh(main());
  });
  const timer = setInterval(() => document.hidden || refresh(main()), EVERY_MS);
  return () => {
    stop();
    clearInterval(timer);
  };
}
