/**
 * Sets of faults for usual troubles. Each says in plain words what it will do.
 *
 * @typedef {object} Preset
 * @property {string} name
 * @property {string} title
 * @property {string[]} does one sentence for each fault
 * @property {object[]} faults as in a mocks file, without a target
 * @property {{code: number, reason: string}} [close] how the clients are closed first
 * @property {boolean} [isOfHandshakes] it hits whoever connects, so it cannot be for one client
 */

/** @type {Preset[]} */
export const PRESETS = [
  {
    name: "slow-3g",
    title: "Slow 3G",
    does: [
      "Every message is 300 to 500 ms late, both ways.",
      "At most 50 kB pass in a second, each way.",
    ],
    faults: [
      { latency: { mean: "400ms", jitter: "100ms" }, direction: "both" },
      { bandwidth: { rate: "50KB" }, direction: "both" },
    ],
  },
  {
    name: "flaky-wifi",
    title: "Flaky Wi-Fi",
    does: [
      "One message in ten is 0.5 to 2.5 s late, both ways; those behind it wait.",
      "One message in a hundred to the client resets the connection.",
    ],
    faults: [
      { latency: { mean: "1500ms", jitter: "1s" }, direction: "both", probability: 0.1 },
      { reset: {}, probability: 0.01 },
    ],
  },
  {
    name: "dead-line",
    title: "Dead line",
    does: [
      "Nothing is read or written, and no close comes: only a time limit of the client can notice.",
    ],
    faults: [{ half_open: {} }],
  },
  {
    name: "restart",
    title: "Server restart",
    does: [
      "The clients are closed with 1012 (service restart).",
      "Whoever connects until the time is over is refused with 503.",
    ],
    faults: [{ refuse: { status: 503 } }],
    close: { code: 1012, reason: "service restart" },
    isOfHandshakes: true,
  },
  {
    name: "crash-loop",
    title: "Crash loop",
    does: ["Each connection is reset (TCP RST, no close frame) 2 s after it opened."],
    faults: [{ reset: {}, after: "2s" }],
  },
  {
    name: "lost-messages",
    title: "Lost messages",
    does: ["One message in ten is lost, both ways."],
    faults: [{ drop: {}, direction: "both", probability: 0.1 }],
  },
  {
    name: "twice-and-mixed",
    title: "Twice and out of order",
    does: [
      "One message in five to the client arrives twice.",
      "One in five arrives after the next one.",
    ],
    faults: [
      { duplicate: {}, probability: 0.2 },
      { reorder: {}, probability: 0.2 },
    ],
  },
  {
    name: "no-pongs",
    title: "No pongs",
    does: ["Pings of the client are not answered; everything else works."],
    faults: [{ no_pong: {} }],
  },
  {
    name: "server-stuck",
    title: "Server does not read",
    does: ["Nothing is read from the client, so what it sends piles up on its side."],
    faults: [{ stop_reading: {} }],
  },
  {
    name: "broken-frame",
    title: "Broken frame",
    does: [
      "The next message to the client has a reserved bit set, which breaks the protocol; once.",
    ],
    faults: [{ reserved_bit: {}, frames: { times: 1 } }],
  },
];

/** How long faults last: the title, and `expires_after` of the tool. */
export const LIFETIMES = [
  ["5 seconds", "5s"],
  ["15 seconds", "15s"],
  ["1 minute", "1m"],
  ["10 minutes", "10m"],
  ["until they are cleared", ""],
];
