// The global setup of Vitest, Jest and Playwright Test: one server for all test files of a run.

import { WebSocketMock } from "./lib/mock.js";

/** Start a server, unless WEBSOCKET_MOCK_URL names one; return what stops it. */
export default async function setup() {
  if (process.env.WEBSOCKET_MOCK_URL) {
    const mock = await WebSocketMock.connect();
    return () => mock.stop();
  }
  const mock = await WebSocketMock.start();
  process.env.WEBSOCKET_MOCK_URL = mock.address;
  return async () => {
    delete process.env.WEBSOCKET_MOCK_URL;
    await mock.stop();
  };
}
