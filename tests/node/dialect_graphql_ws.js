// Uses the dialect graphql-ws through the npm package `subscriptions-transport-ws` and prints what
// it saw as JSON. Usage: node dialect_graphql_ws.js ws://127.0.0.1:PORT

import { SubscriptionClient } from "subscriptions-transport-ws";
import WebSocket from "ws";
import "./time_limit.js";

const url = process.argv[2];

function open(query, options) {
  return new SubscriptionClient(`${url}/graphql${query}`, options, WebSocket);
}

function take(client, query, count = Infinity, variables = {}) {
  return new Promise((resolve, reject) => {
    const results = [];
    const subscription = client.request({ query, variables }).subscribe({
      next: (result) => {
        results.push(result);
        if (results.length < count) return;
        subscription.unsubscribe();
        resolve(results);
      },
      error: (error) => reject(error),
      complete: () => resolve(results),
    });
  });
}

async function operations() {
  const client = open("", {});
  const down = "subscription Down($from: Int!) { countdown(from: $from) }";
  const [hello, countdown, ticks] = await Promise.all([
    take(client, "{ hello }"),
    take(client, down, Infinity, { from: 3 }),
    take(client, "subscription { ticks }", 2),
  ]);
  const [failed, wrong] = [await take(client, "{ fail }"), await take(client, "{ nothing }")];
  const denied = await take(client, "{ denied }").catch((error) => error.message);
  client.close();
  return {
    hello: hello.map((result) => result.data),
    countdown: countdown.map((result) => result.data.countdown),
    ticks: ticks.map((result) => result.data.ticks),
    failed: failed.map((result) => [result.data, result.errors.map((error) => error.message)]),
    wrong: wrong.map((result) => result.errors.map((error) => error.message)),
    denied,
  };
}

async function refused() {
  let client;
  const disconnected = new Promise((resolve) => {
    const error = new Promise((refuse) => {
      client = open("", { connectionParams: { token: "wrong" }, connectionCallback: refuse });
    });
    client.onDisconnected(() => resolve(error));
  });
  return await disconnected;
}

async function reconnected() {
  const events = [];
  const client = open("?client=node", { reconnect: true });
  client.onConnected(() => events.push("connected"));
  client.onReconnected(() => events.push("reconnected"));
  const results = await take(client, "subscription { lost }");
  client.close();
  return [events, results.map((result) => result.data.lost)];
}

const [seenOperations, seenRefusal, seenReconnect] = await Promise.all([
  operations(),
  refused(),
  reconnected(),
]);
console.log(
  JSON.stringify({ operations: seenOperations, refused: seenRefusal, reconnected: seenReconnect }),
);
process.exit(0); // the client leaves timers behind
