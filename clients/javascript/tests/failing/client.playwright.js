// Tests that fail on purpose, with Playwright Test.

import { expect, test } from "@websocket-mock/testing/playwright";

/** Open a page that subscribes. */
async function openPage(page, url) {
  await page.evaluate((address) => {
    const socket = new WebSocket(address);
    socket.onopen = () => socket.send("subscribe");
  }, url);
}

test("a message that nobody expects", async ({ page, websocketMock }) => {
  const prices = await websocketMock.endpoint("/prices");
  await openPage(page, prices.url());
  // To read the traffic does not make the message expected, as a wait would.
  await expect.poll(async () => (await prices.traffic({ kind: "text" })).length).toBe(1);
});

test.describe("without strict", () => {
  test.use({ websocketMockOptions: { strict: false } });

  test("an expectation of Playwright Test", async ({ page, websocketMock }) => {
    const prices = await websocketMock.endpoint("/prices");
    await openPage(page, prices.url());
    await prices.waitFor({ text: "subscribe" });
    expect(await prices.fired()).toEqual({ "rules[0]": 1 });
  });
});
