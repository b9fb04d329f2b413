/** The live feed: server-sent events of the journal, resumed where they broke off. */

import { call } from "../api.js";
import { signal } from "../ui.js";
import { beginRun, receive, receiveNotice } from "./traffic.js";

/** The entries of the past that a new page reads. */
const PAST = 20_000;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** Whether the page is live: `state` is "live", "waiting" or "lost"; `text` says it. */
export const connection = signal({ state: "waiting", text: "Connecting" });

let source = null;
let pause = FIRST_PAUSE_MS;
/** When the server was started whose entries are shown. */
let started = null;
/** The number of the newest entry that came; null: none yet. */
let last = null;
/** The newest entry when the page was opened. */
let past = 0;
let hasToldPastGap = false;

/** Begin to read. Once for each page. */
export function startFeed() {
  connect("now");
}

function connect(after) {
  source?.close();
  const query = new URLSearchParams({ namespace: "*", detail: "concise" });
  if (last === null) query.set("after", after);
  else query.set("last_event_id", String(last));
  source = new EventSource(`/events?${query}`);
  source.addEventListener("server", ({ data }) => onServer(JSON.parse(data)));
  source.addEventListener("entry", ({ data, lastEventId }) => {
    last = Number(lastEventId);
    receive(JSON.parse(data));
  });
  source.addEventListener("gap", ({ data }) => onGap(JSON.parse(data)));
  source.addEventListener("cut", () => receiveNotice("The page was too slow and reads on."));
  source.addEventListener("error", onLost);
}

function onServer(hello) {
  pause = FIRST_PAUSE_MS;
  connection.value = { state: "live", text: "Live" };
  if (started === null) {
    started = hello.started;
    past = hello.last;
    last = Math.max(0, hello.last - PAST);
    if (last > 0) receiveNotice(`Entries 1 to ${last} are older than what this page reads.`);
    connect();
  } else if (hello.started !== started) {
    started = hello.started;
    last = past = 0;
    beginRun();
    receiveNotice("The server was restarted. Its entries are numbered from 1 again.");
    connect();
  }
}

/** Tell of entries that are missing. In the past there may be a gap for each test, so it is told once. */
function onGap({ before, missing }) {
  if (before - 1 > past) {
    receiveNotice(gapText(missing));
  } else if (!hasToldPastGap) {
    hasToldPastGap = true;
    receiveNotice(
      "Some entries from before this page was opened are deleted, or no longer in the journal.",
    );
  }
}

function gapText(missing) {
  if (missing === null) return "Some entries are missing: the journal no longer has them.";
  const entries = missing === 1 ? "1 entry is" : `${missing} entries are`;
  return `${entries} missing: deleted, or no longer in the journal.`;
}

/** Reconnect by ourselves: a browser gives up for good after an HTTP error. */
function onLost() {
  source.close();
  const text = `Not connected, next try in ${Math.ceil(pause / 1000)} s`;
  connection.value = { state: started === null ? "waiting" : "lost", text };
  setTimeout(() => {
    // An event source does not tell the status of an answer; this call leads to the login.
    call("get_websocket_server_status", {}, { quiet: true }).catch(() => {});
    connect("now");
  }, pause);
  pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
}
