import type { MockOptions, WebSocketMock } from "./index.js";

/** Return a test function that gets a mock of its own. */
export function websocketMock(
  body: (mock: WebSocketMock) => Promise<unknown>,
  options?: MockOptions,
): () => Promise<void>;
