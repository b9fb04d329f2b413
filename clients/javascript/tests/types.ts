// Checked by the TypeScript compiler alone: what users write is allowed, and mistakes are not.

import { actions, type Conversation, type Entry, WebSocketMock } from "@websocket-mock/testing";
import setup from "@websocket-mock/testing/global-setup";
import { websocketMock } from "@websocket-mock/testing/jest";
import { expect, test as playwrightTest } from "@websocket-mock/testing/playwright";
import { test } from "@websocket-mock/testing/vitest";

test("a rule", async ({ websocketMock, websocketMockServer }) => {
  const prices = await websocketMock.endpoint("/prices/{symbol}", { subprotocols: ["v1"] });
  await prices.handshake({ attempt: 1 }).reject(503, { headers: { "Retry-After": "1" } });
  const made: void = await prices
    .on({ json: { "$.type": /^sub/ }, times: 2 })
    .send({ json: { n: 1 } })
    .every("1s", actions().send({ text: "{{ repeat.index }}" }), { count: 3 })
    .close(1012)
    .expect(1);
  const url: string = prices.url({ symbol: "acme" }, { query: { token: "t" } });
  const secure: string = prices.secureUrl({ symbol: "acme" }) + websocketMock.secureUrl("/a");
  const authority: (string | null)[] = [websocketMock.caFile, await websocketMock.ca()];
  const second: Entry = await prices.waitFor({ kind: "handshake" }, { timeout: 100, after: "now" });
  const gap: number | null = await second.gap();
  const conversation: Conversation = await prices.accept();
  await conversation.waitFor({ text: "a" });
  await conversation.send({ binary: new Uint8Array([1]) });
  const fault = await prices.fault({ latency: { mean: "80ms" } });
  await fault.clear();
  const count: number = await websocketMock.verify({ text: "a" }, { atLeast: 1, within: 100 });
  await websocketMockServer.newNamespace({ strict: false, name: "mine" });
  return [made, url, secure, authority, gap, count];
});

test("mistakes", async ({ websocketMock }) => {
  const prices = await websocketMock.endpoint("/prices");
  // @ts-expect-error -- there is no such condition
  await prices.on({ jsn: 1 }).ignore();
  // @ts-expect-error -- a message has one content
  await prices.push({ text: "a", json: 1 });
  // @ts-expect-error -- without await it is not an endpoint
  websocketMock.endpoint("/a").on();
  // @ts-expect-error -- without await it is not an entry
  prices.waitFor({ kind: "open" }).seq;
  // @ts-expect-error -- there is no such kind
  await prices.waitFor({ kind: "opened" });
});

test.extend({ websocketMockOptions: { strict: false } })("lenient", async ({ websocketMock }) => {
  await websocketMock.check();
});

playwrightTest.use({ websocketMockOptions: { strict: false } });

playwrightTest("a page", async ({ page, websocketMock }) => {
  await page.goto(websocketMock.url("/a"));
  await expect(page).toHaveTitle("a");
});

export const jestTest: () => Promise<void> = websocketMock(async (mock) => {
  await mock.endpoint("/a");
});

export const teardown: Promise<() => Promise<void>> = setup();

export const servers: Promise<WebSocketMock>[] = [
  WebSocketMock.connect("https://localhost:8004", { token: "t", caFile: "ca.pem" }),
  WebSocketMock.start({ command: ["websocket-mock-server"], settings: { max_connections: 1 } }),
];
