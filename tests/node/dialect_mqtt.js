// Uses the dialect of MQTT through the npm package `mqtt` and prints what it saw as JSON.
// Usage: node dialect_mqtt.js ws://127.0.0.1:PORT/mqtt

import mqtt from "mqtt";
import "./time_limit.js";

const url = process.argv[2];

function open(options) {
  const client = mqtt.connect(url, { reconnectPeriod: 0, ...options });
  client.received = [];
  client.on("message", (topic, payload, packet) => {
    client.received.push([topic, payload.toString(), packet.qos]);
    client.emit("received");
  });
  return client;
}

function next(client, event) {
  return new Promise((resolve) => client.once(event, resolve));
}

async function take(client, count) {
  while (client.received.length < count) await next(client, "received");
  return client.received;
}

async function conversation() {
  const client = open({});
  await next(client, "connect");
  const granted = await client.subscribeAsync(
    { "rooms/+/lamp": { qos: 1 }, "all/#": { qos: 0 }, secret: { qos: 0 } },
  ).catch((error) => error.packet.granted);
  await client.publishAsync("rooms/1/lamp", "on", { qos: 1 });
  await client.publishAsync("rooms/1/door", "open", { qos: 1 });
  await client.publishAsync("rooms/2/lamp", "off", { qos: 0 });
  await client.publishAsync("all", "", { qos: 1 });
  const messages = await take(client, 3);
  await client.unsubscribeAsync("all/#");
  await client.publishAsync("all", "", { qos: 2 });
  await client.endAsync();
  return { granted: granted.map((one) => one.qos ?? one), messages };
}

async function refused() {
  const client = open({ clientId: "banned" });
  const { code, message } = await next(client, "error");
  await client.endAsync(true);
  return { code, message };
}

async function reconnected() {
  const client = open({ clientId: "again", clean: false, reconnectPeriod: 5, resubscribe: false });
  const before = await next(client, "connect");
  await client.subscribeAsync("session", { qos: 1 });
  client.publish("close", "", { qos: 0 });
  const after = await next(client, "connect");
  await client.publishAsync("session", "again", { qos: 1 });
  const [message] = await take(client, 1);
  await client.endAsync();
  return { before: before.sessionPresent, after: after.sessionPresent, message };
}

const [a, b, c] = await Promise.all([conversation(), refused(), reconnected()]);
console.log(JSON.stringify({ conversation: a, refused: b, reconnected: c }));
