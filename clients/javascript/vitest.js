// Fixtures for Vitest.

import { test as base } from "vitest";

import { serverFixture } from "./lib/server-fixture.js";

/** `test` with the fixture `websocketMock`: a mock of its own for each test that names it. */
export const test = base.extend({
  websocketMockOptions: {},

  websocketMockServer: serverFixture,

  websocketMock: async ({ websocketMockServer, websocketMockOptions, task, signal }, use) => {
    const mock = await websocketMockServer.newNamespace({ signal, ...websocketMockOptions });
    try {
      await use(mock);
      if (task.result?.state === "fail") await showTranscript(mock);
      else await mock.check();
    } finally {
      await mock.stop();
    }
  },
});

export const it = test;

async function showTranscript(mock) {
  console.error(`WebSocket transcript:\n${await mock.transcript()}`);
}
