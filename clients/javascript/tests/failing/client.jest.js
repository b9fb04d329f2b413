// Tests that fail on purpose, with Jest.

import { expect, test } from "@jest/globals";

import { websocketMock } from "@websocket-mock/testing/jest";

import { PriceClient } from "./price-client.js";

test(
  "a message that nobody expects",
  websocketMock(async (mock) => {
    const prices = await mock.endpoint("/prices");
    const client = new PriceClient(prices.url());
    client.connect();
    await prices.accept();
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
    await (await prices.accept()).receive();
    client.close();
    expect(client.prices).toEqual([{ type: "tick" }]);
  }),
);
