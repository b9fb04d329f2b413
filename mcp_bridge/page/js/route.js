/** The address of the page: `#/VIEW?name=value`. A view keeps its filters in it. */

import { batch, computed, signal } from "./ui.js";

const FIRST_VIEW = "traffic";

/** Parameters that all views share: they stay when another view is opened. */
const SHARED = ["namespace"];

const address = signal(location.hash);

const parts = computed(() => {
  const [path, query = ""] = address.value.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { view: path || FIRST_VIEW, params: Object.fromEntries(new URLSearchParams(query)) };
});

/** The name of the view that is shown. */
export const view = computed(() => parts.value.view);

/** The parameters of the address by their names. All are texts. */
export const params = computed(() => parts.value.params);

/** The namespace that is looked at: "*" for all, "" for everything outside namespaces. */
export const namespace = computed(() => params.value.namespace ?? "*");

/** The addresses at which views were left, so that their filters are there on return. */
const left = new Map();

/**
 * Change some parameters of the address; no value removes one. It makes no step in the history.
 * @param {Record<string, string | undefined>} changes
 */
export function setParams(changes) {
  change(hashOf(view.value, { ...params.value, ...changes }), "replaceState");
}

/**
 * Open a view.
 * @param {string} name
 * @param {Record<string, string>} [wanted] its parameters; without them, those it was left with
 */
export function open(name, wanted) {
  change(hrefOf(name, wanted), "pushState");
}

/** The link to a view; see `open`. */
export function hrefOf(name, wanted) {
  const shared = Object.fromEntries(
    SHARED.filter((key) => key in params.value).map((key) => [key, params.value[key]]),
  );
  return hashOf(name, { ...(wanted ?? left.get(name)), ...shared });
}

function hashOf(name, wanted) {
  const given = Object.entries(wanted).filter(([key, value]) => {
    return value !== undefined && (value !== "" || SHARED.includes(key));
  });
  const query = new URLSearchParams(given).toString();
  return `#/${name}${query && `?${query}`}`;
}

function change(hash, how) {
  history[how](null, "", hash);
  follow();
}

function follow() {
  batch(() => {
    left.set(view.value, params.value);
    address.value = location.hash;
  });
}

addEventListener("popstate", follow);
addEventListener("hashchange", follow);
