// A helper for Jest.

import { afterAll } from "@jest/globals";

import { WebSocketMock } from "./lib/mock.js";

let server = null;

afterAll(async () => {
  const started = await server;
  server = null;
  await started?.stop();
});

/**
 * Return a test function that gets a mock of its own: test("…", websocketMock(async (mock) => …)).
 *
 * @param {(mock: WebSocketMock) => Promise<unknown>} body the test
 * @param {object} [options] of `newNamespace`: strict, seed
 */
export function websocketMock(body, options = {}) {
  return async () => {
    server ??= WebSocketMock.open();
    const mock = await (await server).newNamespace(options);
    try {
      await body(mock);
      await mock.check();
    } catch (error) {
      await addTranscript(error, mock);
      throw error;
    } finally {
      await mock.stop();
    }
  };
}

/** Add the traffic to the error of a failed test, which Jest prints. */
async function addTranscript(error, mock) {
  if (!(error instanceof Error) || error.message.includes("WebSocket transcript:")) return;
  const before = error.message;
  error.message = `${before}\n\nWebSocket transcript:\n${await mock.transcript()}`;
  // The stack of some errors follows their message, that of others does not.
  if (!error.stack?.includes(error.message)) {
    error.stack = error.stack?.replace(before, () => error.message);
  }
}
