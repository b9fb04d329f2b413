/** Puts faults in force for some clients, their endpoints, or everybody. */

import { call } from "../api.js";
import { namespace } from "../route.js";
import { clients } from "./state.js";

/** The most namespaces that "everybody" may mean. */
const MOST_NAMESPACES = 20;

/**
 * The namespaces that are looked at; undefined stands for outside namespaces. Of all, those with
 * clients: to ask about another one would make it anew, or keep it from expiring.
 */
export function shownNamespaces() {
  if (namespace.value === "*") {
    const names = (clients.value ?? []).map((one) => one.namespace ?? undefined);
    return [...new Set([undefined, ...names])].slice(0, MOST_NAMESPACES);
  }
  return [namespace.value || undefined];
}

/**
 * On whom faults may act.
 * @param {import("./presets.js").Preset} preset
 * @param {object[]} picked the chosen clients
 * @returns {{name: string, title: string, targets: {namespace?: string, of: object}[]}[]}
 */
export function scopesOf(preset, picked) {
  const scopes = [];
  if (picked.length && !preset.isOfHandshakes) {
    const title = picked.length === 1 ? "the chosen client" : `the ${picked.length} chosen clients`;
    const targets = picked.map((one) => ({
      namespace: one.namespace ?? undefined,
      of: { client: one.id },
    }));
    scopes.push({ name: "clients", title: `${title}, until it reconnects`, targets });
  }
  const endpoints = endpointsOf(picked);
  if (endpoints.length) {
    const names = [...new Set(endpoints.map(({ of }) => of.endpoint))].join(", ");
    scopes.push({
      name: "endpoints",
      title: `all clients of ${names}, also after a reconnect`,
      targets: endpoints,
    });
  }
  const everywhere = shownNamespaces().map((name) => ({ namespace: name, of: {} }));
  const where = { "*": "", "": " outside namespaces" }[namespace.value] ?? ` of ${namespace.value}`;
  scopes.push({
    name: "all",
    title: `all clients${where}, also after a reconnect`,
    targets: everywhere,
  });
  return scopes;
}

function endpointsOf(picked) {
  const found = new Map();
  for (const { endpoint, namespace: name } of picked) {
    if (endpoint === null) continue;
    found.set(`${name} ${endpoint}`, { namespace: name ?? undefined, of: { endpoint } });
  }
  return [...found.values()];
}

/** The faults with their target, as in a mocks file. */
export function definitionsOf(preset, { of }) {
  return preset.faults.map((fault) => ({ ...fault, ...of }));
}

/** The same as it is asked for: a preset is named, so that the server does all that belongs to it. */
function wantedOf(preset, { of }) {
  return preset.isOwn ? definitionsOf(preset, { of }) : [{ preset: preset.name, ...of }];
}

/**
 * Put the faults in force. A failure is shown as a toast.
 * @returns {Promise<string[]>} what was refused, in the words of the server; empty: nothing
 */
export async function arm(preset, targets, lifetime) {
  const refused = [];
  for (const [name, ofOne] of byNamespace(targets)) {
    const result = await call("set_websocket_faults", {
      faults: ofOne.flatMap((target) => wantedOf(preset, target)),
      expires_after: lifetime || undefined,
      namespace: name,
    });
    refused.push(...result.errors);
  }
  return refused;
}

function byNamespace(targets) {
  return Map.groupBy(targets, (target) => target.namespace);
}
