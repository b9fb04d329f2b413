// Uses the dialect graphql-transport-ws through the npm package `graphql-ws` and prints what it saw
// as JSON. Usage: node dialect_graphql_transport_ws.js ws://127.0.0.1:PORT

import { createClient } from "graphql-ws";
import WebSocket from "ws";
import "./time_limit.js";

const url = process.argv[2];

function open(query, options) {
  const address = `${url}/graphql${query}`;
  return createClient({ url: address, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
}

async function take(client, query, count = Infinity, variables = {}) {
  const results = [];
  for await (const result of client.iterate({ query, variables })) {
    results.push(result);
    if (results.length === count) break;
  }
  return results;
}

async function operations() {
  const client = open("", {});
  const down = "subscription Down($from: Int!) { countdown(from: $from) }";
  const [hello, countdown, ticks] = await Promise.all([
    take(client, "{ hello }"),
    take(client, down, Infinity, { from: 3 }),
    take(client, "subscription { ticks }", 2),
  ]);
  const failed = await take(client, "{ fail }");
  const wrong = await take(client, "{ nothing }").catch((errors) => errors);
  await client.dispose();
  return {
    hello: hello.map((result) => result.data),
    countdown: countdown.map((result) => result.data.countdown),
    ticks: ticks.map((result) => result.data.ticks),
    failed: failed.map((result) => [result.data, result.errors.map((error) => error.message)]),
    wrong: wrong.map((error) => error.message),
  };
}

async function pings() {
  let fromServer, fromClient;
  const pinged = new Promise((resolve) => (fromServer = resolve));
  const ponged = new Promise((resolve) => (fromClient = resolve));
  const client = open("", {
    keepAlive: 20,
    lazy: false,
    on: {
      ping: (received) => received && fromServer(true),
      pong: (received) => received && fromClient(true),
    },
  });
  const seen = await Promise.all([pinged, ponged]);
  await client.dispose();
  return seen;
}

async function refused() {
  const client = open("", { connectionParams: { token: "wrong" } });
  const event = await take(client, "{ hello }").catch((closed) => closed);
  return [event.code, event.reason];
}

async function reconnected() {
  let connections = 0;
  const client = open("?client=node", {
    retryAttempts: 1,
    retryWait: () => Promise.resolve(),
    on: { connected: () => (connections += 1) },
  });
  const results = await take(client, "subscription { lost }");
  await client.dispose();
  return [connections, results.map((result) => result.data.lost)];
}

const [seenOperations, seenPings, seenRefusal, seenReconnect] = await Promise.all([
  operations(),
  pings(),
  refused(),
  reconnected(),
]);
console.log(
  JSON.stringify({
    operations: seenOperations,
    pings: seenPings,
    refused: seenRefusal,
    reconnected: seenReconnect,
  }),
);
