// Fixtures for Vitest.

import { test as base } from "vitest";

import { WebSocketMock } from "./lib/mock.js";

/** `test` with the fixture `websocketMock`: a mock of its own for each test that names it. */
export const test = base.extend({
  websocketMockOptions: {},

  websocketMockServer: [
    // Vitest reads the names of the fixtures in the first argument.
    async ({}, use) => {
      const server = await WebSocketMock.open();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],

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
