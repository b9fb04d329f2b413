/** What the server said about itself, and the rates between two of its answers. */

import { server } from "../store/server.js";
import { effect, signal, untracked } from "../ui.js";

const MOST = 900;
const LEAST_SECONDS = 0.4;

/**
 * One column for each: seconds since 1970, messages received and sent, new connections (each per
 * second), clients, MB of memory, percent of one processor.
 */
const COLUMNS = 7;

/** The columns of all charts, oldest first. @type {import("../ui.js").Signal<(number | null)[][]>} */
export const columns = signal(Array.from({ length: COLUMNS }, () => []));

let before = null;

/** Begin to keep what the status says. It goes on when the view is left. */
effect(() => {
  const status = server.value;
  if (status) untracked(() => take(status));
});

function take(status) {
  const { stats } = status.websocket_server;
  const isSame = before?.websocket_server.stats.start_time === stats.start_time;
  const seconds = isSame ? status.timestamp - before.timestamp : 0;
  if (isSame && seconds < LEAST_SECONDS) return;
  if (isSame) add(status, before, seconds);
  else add(status, null, 0);
  before = status;
}

function add(status, last, seconds) {
  const [now, then] = [status, last].map(
    (one) => one && { ...one.websocket_server.stats, ...one.process },
  );
  const rate = (name) => (then ? Math.max(0, now[name] - then[name]) / seconds : null);
  const row = [
    status.timestamp,
    rate("total_messages"),
    rate("messages_sent"),
    rate("total_connections"),
    now.current_clients,
    now.memory_bytes === null ? null : now.memory_bytes / 1e6,
    then ? 100 * rate("cpu_seconds") : null,
  ];
  columns.value = columns.value.map((column, at) => [...column, row[at]].slice(-MOST));
}
