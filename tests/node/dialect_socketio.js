// Uses the dialect of Socket.IO through the npm package `socket.io-client`; prints what it saw as JSON.
// Usage: node dialect_socketio.js http://127.0.0.1:PORT

import { io } from "socket.io-client";
import "./time_limit.js";

const url = process.argv[2];

const ways = {
  upgraded: {},
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
};

function once(socket, event) {
  return new Promise((resolve) => socket.once(event, (...values) => resolve(values)));
}

function open(options, namespace = "") {
  return io(url + namespace, { forceNew: true, ...options });
}

async function conversation(options) {
  const [ada, bob] = [open(options), open(options)];
  const seen = {};
  [seen.welcome] = await Promise.all([once(ada, "welcome"), once(bob, "welcome")]);
  seen.different = ada.id !== bob.id;

  let heard = [once(ada, "message"), once(bob, "message")];
  ada.emit("message", "hello", { to: "all" });
  seen.message = await Promise.all(heard);

  heard = once(bob, "typing");
  ada.once("typing", () => (seen.typingCameBack = true));
  ada.emit("typing", "ada");
  seen.typing = await heard;

  seen.joined = await Promise.all([ada, bob].map((one) => one.emitWithAck("join", "kitchen")));
  heard = once(bob, "say");
  ada.emit("say", "kitchen", "tea?");
  seen.said = await heard;
  await bob.emitWithAck("leave", "kitchen");
  bob.once("say", () => (seen.heardAfterLeaving = true));
  heard = once(ada, "say");
  ada.emit("say", "kitchen", "alone?");
  await heard;

  seen.sum = await ada.emitWithAck("sum", 1, 2);
  heard = once(ada, "weather");
  ada.emit("where");
  seen.weather = await heard;

  const bytes = { first: Buffer.from([0, 255]), and: "more", second: [Buffer.from("x")] };
  const echo = await ada.emitWithAck("echo", bytes);
  seen.echo = [[...echo.first], echo.and, [...echo.second[0]]];
  heard = once(bob, "message");
  ada.emit("message", Buffer.from([1, 2]));
  seen.bytes = [...(await heard)[0]];

  const ticks = [];
  while (ticks.length < 2) ticks.push((await once(ada, "tick"))[0]);
  seen.ticks = ticks;

  seen.transport = ada.io.engine.transport.name;
  ada.disconnect();
  bob.disconnect();
  return seen;
}

async function refusals(options) {
  const seen = {};
  for (const [name, namespace, auth] of [
    ["unknown", "/other", {}],
    ["without", "/admin", undefined],
    ["wrong", "/admin", { token: "x" }],
  ]) {
    const socket = open({ ...options, auth }, namespace);
    const [error] = await once(socket, "connect_error");
    seen[name] = [error.message, error.data];
    socket.disconnect();
  }
  const admin = open({ ...options, auth: { token: "secret", name: "ada" } }, "/admin");
  await once(admin, "connect");
  seen.admin = await admin.emitWithAck("sum", 1);
  const kicked = once(admin, "disconnect");
  admin.emit("kick");
  seen.kicked = (await kicked)[0];
  admin.disconnect();
  return seen;
}

async function reconnect(options) {
  const socket = open({ ...options, reconnectionDelay: 1, randomizationFactor: 0 });
  await once(socket, "connect");
  const first = socket.id;
  const again = once(socket.io, "reconnect");
  socket.emit("crash");
  const [reason] = await once(socket, "disconnect");
  const [attempt] = await again;
  if (!socket.connected) await once(socket, "connect");
  const seen = { reason, attempt, other: socket.id !== first, sum: await socket.emitWithAck("sum") };
  socket.disconnect();
  return seen;
}

const report = {};
for (const [name, options] of Object.entries(ways)) {
  const [talk, refused, back] = await Promise.all([
    conversation(options),
    refusals(options),
    reconnect(options),
  ]);
  report[name] = { talk, refused, back };
}
console.log(JSON.stringify(report));
process.exit(0);
