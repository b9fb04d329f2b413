// Uses the dialect of STOMP through the npm package `@stomp/stompjs` and prints what it saw as JSON.
// Usage: node dialect_stomp.js ws://127.0.0.1:PORT/stomp

import { Client, Versions } from "@stomp/stompjs";
import WebSocket from "ws";
import "./time_limit.js";

const url = process.argv[2];

const login = { login: "ada", passcode: "secret" };

function make(options) {
  const versions = (options.stompVersions ?? Versions.default).protocolVersions();
  return new Client({
    webSocketFactory: () => new WebSocket(url, versions),
    connectHeaders: login,
    reconnectDelay: 0,
    ...options,
  });
}

// Resolves with what a callback of the client is called with for the first time.
function on(client, name) {
  return new Promise((resolve) => (client[name] = resolve));
}

async function open(options = {}) {
  const client = make(options);
  const connected = on(client, "onConnect");
  client.activate();
  await connected;
  return client;
}

function receipt(client, action) {
  return new Promise((resolve) => {
    const name = Math.random().toString();
    client.watchForReceipt(name, resolve);
    action(name);
  });
}

async function conversation(options = {}) {
  const client = await open(options);
  const messages = [];
  const all = new Promise((resolve) => {
    client.onUnhandledMessage = resolve;
    const headers = { id: "mine", ack: "client" };
    const take = (message) => {
      messages.push([message.body, message.headers["x-kind"] ?? null]);
      message.ack();
      if (messages.length === 3) resolve();
    };
    client.subscribe("/topic/a", take, headers);
  });
  const sent = (name, fields) => client.publish({ destination: "/topic/a", ...fields, headers: { receipt: name, ...fields.headers } });
  await receipt(client, (name) => sent(name, { body: "hällo\n: 1", headers: { "x-kind": "first" } }));
  const transaction = client.begin();
  await receipt(client, (name) => sent(name, { body: "held", headers: { transaction: transaction.id } }));
  await receipt(client, (name) => sent(name, { body: "second" }));
  transaction.commit();
  await all;
  await receipt(client, (name) => client.unsubscribe("mine", { receipt: name }));
  const version = client.connectedVersion;
  await client.deactivate();
  return { version, messages };
}

async function pushed() {
  const client = await open();
  const bodies = [];
  await new Promise((resolve) => {
    client.subscribe("/topic/ticks", (message) => {
      bodies.push(JSON.parse(message.body));
      if (bodies.length >= 3) resolve();
    });
  });
  await client.deactivate();
  return bodies.slice(0, 3);
}

async function failed(options, act = () => {}) {
  const client = make(options);
  client.onConnect = () => act(client);
  const error = on(client, "onStompError");
  const closed = on(client, "onWebSocketClose");
  client.activate();
  const { headers } = await error;
  const { code } = await closed;
  await client.deactivate();
  return [headers.message, code];
}

async function reconnected() {
  const client = make({ reconnectDelay: 5 });
  const messages = [];
  let connections = 0;
  const done = new Promise((resolve) => {
    client.onConnect = () => {
      connections += 1;
      client.subscribe("/topic/again", (message) => {
        messages.push(message.body);
        resolve();
      });
      client.publish({ destination: connections === 1 ? "/close" : "/topic/again", body: "back" });
    };
  });
  client.activate();
  await done;
  await client.deactivate();
  return { connections, messages };
}

async function heartbeats() {
  const client = make({ heartbeatIncoming: 20, heartbeatOutgoing: 20 });
  const beats = [];
  const done = new Promise((resolve) => {
    client.debug = (line) => {
      beats.push(line);
      if (beats.filter((one) => one === "<<< PONG").length === 3) resolve();
    };
  });
  client.activate();
  await done;
  const sent = beats.includes(">>> PING");
  await client.deactivate();
  return sent;
}

const report = {
  conversation: await conversation(),
  old: await conversation({ stompVersions: new Versions(["1.1"]) }),
  pushed: await pushed(),
  wrongLogin: await failed({ connectHeaders: { login: "ada", passcode: "wrong" } }),
  refused: await failed({}, (client) => client.subscribe("/secret", () => {})),
  reconnected: await reconnected(),
  heartbeats: await heartbeats(),
};
console.log(JSON.stringify(report));
