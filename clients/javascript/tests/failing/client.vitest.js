// Tests that fail on purpose. What they print is asserted in tests/e2e/test_javascript.py.

import { once } from "node:events";

import WebSocket from "ws";
import { afterEach, expect } from "vitest";

import { test } from "@websocket-mock/testing/vitest";

const clients = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.stop();
});

/** A client that is broken on purpose: it connects again at once, and gets its messages wrong. */
class BrokenClient {
  prices = [];

  constructor(url) {
    this.url = url;
    clients.push(this);
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(this.url);
    this.socket.on("open", () => this.socket.send('{"type":"subscribe"}'));
    this.socket.on("unexpected-response", (_, response) => {
      response.resume();
      if (!this.isStopped) this.connect();
    });
  }

  stop() {
    this.isStopped = true;
    this.socket.on("error", () => {});
    this.socket.terminate();
  }
}

test("a client that does not back off", async ({ websocketMock }) => {
  const prices = await websocketMock.endpoint("/prices/{symbol}");
  const headers = { "Retry-After": "1" };
  await prices.handshake({ attempt: { at_most: 2 } }).reject(503, { headers });
  await prices.on({ json: { "$.type": "subscribe" } }).send({ json: { type: "tick", n: 1 } });
  new BrokenClient(prices.url({ symbol: "acme" }));
  await prices.waitFor({ json: { "$.type": "subscribe" } });
  await prices.verify({ kind: "handshake" }, { spacing: { atLeast: 1000 } });
});

test("a message that nobody expects", async ({ websocketMock }) => {
  const prices = await websocketMock.endpoint("/prices");
  await prices.on({ json: { "$.type": "subscribed" } }).send({ json: { type: "tick" } });
  new BrokenClient(prices.url());
  await prices.waitFor({ kind: "close" });
});

test("a rule that does not fire as often as expected", async ({ websocketMock }) => {
  const prices = await websocketMock.endpoint("/prices");
  await prices.on({ json: { "$.type": "subscribe" } }).expect(2);
  await prices.on({ name: "halts", json: { "$.type": "halted" } }).expect();
  new BrokenClient(prices.url());
  await prices.waitFor({ json: { "$.type": "subscribe" } });
});

test("a path without an endpoint", async ({ websocketMock }) => {
  await websocketMock.endpoint("/prices");
  const client = new BrokenClient(websocketMock.url("/price"));
  client.isStopped = true;
  // It depends on the settings of the server whether it is refused.
  await Promise.race([once(client.socket, "open"), once(client.socket, "unexpected-response")]);
});

test("a script that fails and a rule that is not there", async ({ websocketMock }) => {
  const prices = await websocketMock.endpoint("/prices");
  await prices
    .script()
    .expect({ json: { "$.type": "hello" } })
    .send({ text: "hi" });
  prices.expect("greets");
  new BrokenClient(prices.url());
  await prices.waitFor({ kind: "verdict" }, { after: "start" }).catch(() => {});
  websocketMock.url();
});

test("an expectation of Vitest", async ({ websocketMock }) => {
  const prices = await websocketMock.endpoint("/prices");
  const client = new BrokenClient(prices.url());
  await (await prices.accept()).receive();
  expect(client.prices).toEqual([{ type: "tick" }]);
});

test("a test that takes too long", { timeout: 300 }, async ({ websocketMock }) => {
  const prices = await websocketMock.endpoint("/prices");
  await prices.accept({ timeout: 60_000 });
});
