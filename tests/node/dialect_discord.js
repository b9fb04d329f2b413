// Uses the dialect discord through the npm package `@discordjs/ws` and prints what it saw as JSON.
// Usage: node dialect_discord.js ws://127.0.0.1:PORT

import { WebSocketManager, WebSocketShardEvents as Events } from "@discordjs/ws";
import "./time_limit.js";

const url = process.argv[2];

// The client waits a random part of the interval before its first heartbeat.
Math.random = () => 0;

const limit = { total: 1000, remaining: 1000, reset_after: 86400000, max_concurrency: 1 };

function manage(path, token, session = null) {
  const sessions = new Map(session ? [[0, session]] : []);
  const manager = new WebSocketManager({
    intents: 513,
    rest: { get: async () => ({ url: `${url}${path}`, shards: 1, session_start_limit: limit }) },
    retrieveSessionInfo: (shard) => sessions.get(shard) ?? null,
    updateSessionInfo: (shard, info) => (info ? sessions.set(shard, info) : sessions.delete(shard)),
  });
  manager.setToken(token);
  const seen = [];
  manager.on(Events.Dispatch, (payload) => seen.push(payload));
  return { manager, seen };
}

function next(manager, event, matches = () => true) {
  return new Promise((resolve) => {
    manager.on(event, function listener(...args) {
      if (matches(...args)) {
        manager.off(event, listener);
        resolve(args);
      }
    });
  });
}

async function conversation() {
  const { manager, seen } = manage("/gateway", "secret");
  const ready = next(manager, Events.Ready);
  const beat = next(manager, Events.HeartbeatComplete);
  const message = next(manager, Events.Dispatch, ({ t }) => t === "MESSAGE_CREATE");
  await manager.connect();
  const [data] = await ready;
  await Promise.all([beat, message]);
  const presence = next(manager, Events.Dispatch, ({ t }) => t === "PRESENCE_UPDATE");
  const status = { since: null, activities: [], status: "idle", afk: false };
  await manager.send(0, { op: 3, d: status });
  const [changed] = await presence;
  const last = ({ t, d }) => t === "GUILD_MEMBERS_CHUNK" && d.chunk_index === d.chunk_count - 1;
  const members = next(manager, Events.Dispatch, last);
  await manager.send(0, { op: 8, d: { guild_id: "7", query: "", limit: 0, nonce: "n1" } });
  const [chunk] = await members;
  await manager.destroy();
  return {
    user: data.user.username,
    types: [...new Set(seen.map((one) => one.t))],
    numbers: seen.map((one) => one.s),
    status: changed.d.status,
    members: [chunk.d.nonce, chunk.d.members.map((one) => one.user.username)],
  };
}

async function resumption() {
  const { manager, seen } = manage("/restless", "secret");
  const resumed = next(manager, Events.Resumed);
  await manager.connect();
  // The rule of the test answers this with a request to reconnect.
  const status = { since: null, activities: [], status: "invisible", afk: false };
  await manager.send(0, { op: 3, d: status });
  await resumed;
  await next(manager, Events.Dispatch, ({ t }) => t === "MESSAGE_CREATE");
  await manager.destroy();
  return { types: seen.map((one) => one.t), numbers: seen.map((one) => one.s) };
}

async function invalidSession() {
  const lost = {
    sessionId: "unknown", sequence: 5, shardId: 0, shardCount: 1, resumeURL: `${url}/gateway`,
  };
  const { manager, seen } = manage("/gateway", "secret", lost);
  await manager.connect();
  await manager.destroy();
  return seen[0].t;
}

async function refusal() {
  const { manager } = manage("/gateway", "wrong");
  const closed = next(manager, Events.Closed);
  manager.on(Events.Error, () => {});
  const error = await manager.connect().catch((failure) => failure);
  const [code] = await closed;
  return [error.message, code];
}

const [talked, resumed, invalid, refused] = await Promise.all([
  conversation(),
  resumption(),
  invalidSession(),
  refusal(),
]);
console.log(JSON.stringify({ talked, resumed, invalid, refused }));
process.exit();
