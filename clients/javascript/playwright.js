// Fixtures for Playwright Test.

import { test as base } from "@playwright/test";

import { serverFixture } from "./lib/server-fixture.js";

/** `test` with the fixture `websocketMock`: a mock of its own for each test that names it. */
export const test = base.extend({
  websocketMockOptions: [{}, { option: true }],

  websocketMockServer: serverFixture,

  websocketMock: async ({ websocketMockServer, websocketMockOptions }, use, testInfo) => {
    const mock = await websocketMockServer.newNamespace(websocketMockOptions);
    try {
      await use(mock);
      if (testInfo.status === testInfo.expectedStatus) await mock.check();
    } finally {
      if (testInfo.status !== testInfo.expectedStatus) await attachTranscript(mock, testInfo);
      await mock.stop();
    }
  },
});

export { expect } from "@playwright/test";

async function attachTranscript(mock, testInfo) {
  const body = await mock.transcript();
  await testInfo.attach("WebSocket transcript", { body, contentType: "text/plain" });
}
