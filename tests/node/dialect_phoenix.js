// Uses the dialect phoenix through the npm package `phoenix` and prints what it saw as JSON.
// Usage: node dialect_phoenix.js ws://127.0.0.1:PORT

import { Socket } from "phoenix";
import WebSocket from "ws";
import "./time_limit.js";

const url = process.argv[2];

function open(options = {}) {
  const socket = new Socket(`${url}/socket`, {
    transport: WebSocket,
    reconnectAfterMs: () => 1,
    rejoinAfterMs: () => 1,
    ...options,
  });
  socket.connect();
  return socket;
}

function answer(push) {
  return new Promise((resolve) => {
    for (const status of ["ok", "error", "timeout"]) {
      push.receive(status, (response) => resolve([status, response]));
    }
  });
}

/** Try to join a topic, and leave it again: a channel that was refused would try again. */
async function tryTo(socket, topic, params) {
  const channel = socket.channel(topic, params);
  const answered = await answer(channel.join());
  channel.leave();
  return answered;
}

/** Collect what a channel gets under an event; `enough` is called with the first `count`. */
function collect(channel, event, count) {
  const seen = [];
  return new Promise((resolve) => {
    channel.on(event, (payload) => seen.push(payload) === count && resolve(seen));
  });
}

async function conversation() {
  const [ada, bob] = [open(), open()];
  const [one, other] = [ada, bob].map((socket) => socket.channel("room:1", { name: "x" }));
  const ticks = collect(one, "tick", 2);
  const joined = await answer(one.join());
  await answer(other.join());
  const heard = [collect(one, "said", 1), collect(other, "said", 1)];
  const pushed = collect(one, "secret", 1);
  const replies = [
    await answer(one.push("add", { a: 1, b: 2 })),
    await answer(one.push("bad", {})),
  ];
  other.push("say", { text: "hello" });
  one.push("whisper", {});
  const report = {
    joined,
    ticks: await ticks,
    replies,
    heard: await Promise.all(heard),
    pushed: await pushed,
    refused: await tryTo(ada, "private", { token: "wrong" }),
    admitted: await tryTo(ada, "private", { token: "right" }),
    unmatched: await tryTo(ada, "nowhere", {}),
  };
  const closed = new Promise((resolve) => other.onClose((payload) => resolve(payload)));
  other.push("bye", {});
  report.closed = await closed;
  report.left = await answer(one.leave());
  ada.disconnect();
  bob.disconnect();
  return report;
}

async function heartbeats() {
  const socket = open({ heartbeatIntervalMs: 10 });
  const replies = await new Promise((resolve) => {
    const seen = [];
    socket.onMessage(({ topic, event, payload }) => {
      seen.push([topic, event, payload.status]) === 2 && resolve(seen);
    });
  });
  socket.disconnect();
  return replies;
}

/** Join, have the channel or the whole connection broken, and wait until it is joined again. */
async function rejoined(event) {
  const socket = open();
  const channel = socket.channel("room:2");
  const states = [];
  channel.onError(() => states.push("error"));
  const twice = new Promise((resolve) => {
    let count = 0;
    channel.join().receive("ok", () => {
      states.push("joined");
      count += 1;
      if (count === 1) channel.push(event, {});
      else resolve();
    });
  });
  await twice;
  const reply = await answer(channel.push("add", { a: 3, b: 4 }));
  const seen = [...states];
  socket.disconnect();
  return [seen, reply];
}

async function refused() {
  const socket = open({ params: { token: "wrong" } });
  const error = await new Promise((resolve) => socket.onError((event) => resolve(event.message)));
  socket.disconnect();
  return error;
}

const [seenConversation, seenHeartbeats, broken, lost, seenRefusal] = await Promise.all([
  conversation(),
  heartbeats(),
  rejoined("no such event"),
  rejoined("lose"),
  refused(),
]);
console.log(
  JSON.stringify({
    conversation: seenConversation,
    heartbeats: seenHeartbeats,
    rejoined: { broken, lost },
    refused: seenRefusal,
  }),
);
process.exit(0); // what a client has begun may still hold the process
