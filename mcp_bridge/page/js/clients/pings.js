/** Round-trip times: they are measured with pings, which the traffic shows. */

import { call } from "../api.js";
import { namespace } from "../route.js";
import { showNews } from "../toasts.js";
import { effect, signal } from "../ui.js";
import { each } from "./each.js";
import { picked } from "./state.js";

const WINDOW_SECONDS = 2;
const EVERY_MS = 10_000;

/** As many as one test lists. */
const MOST = 20;

/** Round-trip times by client, in ms; null: no pong came in time. */
export const roundTrips = signal(new Map());

/** Whether clients are pinged now and then. */
export const isRepeated = signal(false);

let isBusy = false;

/** Ping the chosen clients, or the first of all. At most 20. */
export async function ping({ quiet = false } = {}) {
  if (isBusy) return;
  isBusy = true;
  try {
    const ids = picked.value.slice(0, MOST).map(({ id }) => id);
    const results = ids.length
      ? await each(ids, (id) => test({ target_client: id, namespace: "*" }))
      : [await test({ namespace: namespace.value || undefined })];
    note(results.flatMap((one) => one?.result?.clients ?? []));
    if (!quiet && picked.value.length > MOST) showNews(`Only the first ${MOST} were pinged`);
  } finally {
    isBusy = false;
  }
}

/** Ping now and then while that is wanted, until the returned function is called. */
export function repeatPings() {
  return effect(() => {
    if (!isRepeated.value) return undefined;
    const timer = setInterval(() => document.hidden || ping({ quiet: true }), EVERY_MS);
    return () => clearInterval(timer);
  });
}

function test(target) {
  const args = { test_type: "ping", window_seconds: WINDOW_SECONDS, ...target };
  return call("test_websocket_connection", args, { quiet: true }).catch(() => null);
}

function note(found) {
  // Only what was measured last is kept, so that it stays small.
  const known = [...roundTrips.value].slice(-500);
  roundTrips.value = new Map([...known, ...found.map((one) => [one.client_id, one.round_trip_ms])]);
}
