/** The faults in force, asked again and again while they are shown. */

import { call } from "../api.js";
import { computed, effect, signal, untracked } from "../ui.js";
import { shownNamespaces } from "./arming.js";

const EVERY_MS = 2_000;

/** Each fault of the tool with its `namespace` and when it `endsAt`, in ms since 1970. */
export const faults = signal([]);

const wanted = computed(() => shownNamespaces().join(" "));

/** Keep the list up to date, until the returned function is called. */
export function followFaults() {
  const stop = effect(() => {
    wanted.value;
    untracked(readFaults);
  });
  const timer = setInterval(() => document.hidden || readFaults(), EVERY_MS);
  return () => {
    stop();
    clearInterval(timer);
  };
}

export async function readFaults() {
  try {
    const found = await Promise.all(shownNamespaces().map(read));
    faults.value = found.flat();
  } catch {
    // The header says that the server does not answer.
  }
}

/** Clear a fault. A failure is shown as a toast. */
export async function clear(fault) {
  await call("set_websocket_faults", { clear: [fault.name], namespace: fault.namespace });
  await readFaults();
}

/** Clear all faults that this page can clear. */
export async function clearAll() {
  const names = new Set(
    faults.value.filter((one) => one.of_endpoint === null).map((one) => one.namespace),
  );
  for (const name of names) await call("set_websocket_faults", { clear: "all", namespace: name });
  await readFaults();
}

async function read(name) {
  const { faults: found } = await call(
    "set_websocket_faults",
    { namespace: name },
    { quiet: true },
  );
  return found.map((one) => ({
    ...one,
    namespace: name,
    endsAt: one.expires_in_seconds === null ? null : Date.now() + 1000 * one.expires_in_seconds,
  }));
}
