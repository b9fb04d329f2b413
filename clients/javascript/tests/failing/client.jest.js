// Tests that fail on purpose, with Jest.

import { once } from "node:events";

import { expect, test } from "@jest/globals";

import { websocketMock } from "@websocket-mock/testing/jest";

import { PriceClient } from "./price-client.js";

test(
  "a message that nobody expects",
  websocketMock(async (mock) => {
    const prices = await mock.endpoint("/prices");
    const client = new PriceClient(prices.url());
    client.connect();
    await once(client.socket, "open");
    client.close();
    await prices.waitFor({ kind: "close" });
  }),
);

test(
  "an expectation of Jest",
  websocketMock(async (mock) => {
    const prices = await mock.endpoint("/prices");
    const client = new PriceClient(prices.url());
    client.connect();
    await prices.waitFor({ text: /subscribe/ });
    client.close();
    expect(client.prices).toEqual([{ type: "tick" }]);
  }),
);
