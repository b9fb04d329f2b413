/** The waits and verifications, asked again and again while the view is looked at. */

import { call } from "../api.js";
import { namespace } from "../route.js";
import { effect, signal } from "../ui.js";

const EVERY_MS = 1_000;

/** The result of `list_websocket_checks`; null: not known yet. */
export const checks = signal(null);

/** What went wrong the last time; null: nothing. */
export const problem = signal(null);

async function ask(scope) {
  try {
    const asked = { namespace: scope || undefined };
    checks.value = await call("list_websocket_checks", asked, { quiet: true });
    problem.value = null;
  } catch (error) {
    problem.value = error.message;
  }
}

/** Keep the list up to date until the returned function is called. */
export function followChecks() {
  const stop = effect(() => {
    ask(namespace.value);
  });
  const timer = setInterval(() => document.hidden || ask(namespace.peek()), EVERY_MS);
  return () => {
    stop();
    clearInterval(timer);
  };
}
