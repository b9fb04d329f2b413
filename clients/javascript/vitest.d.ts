import type { TestAPI } from "vitest";

import type { MockOptions, WebSocketMock } from "./index.js";

export interface Fixtures {
  /** A mock of its own for each test that names it. */
  websocketMock: WebSocketMock;
  /** The server of all tests of this process. */
  websocketMockServer: WebSocketMock;
  /** How the mocks of tests are made: strict, seed. */
  websocketMockOptions: MockOptions;
}

/** `test` with the fixture `websocketMock`. */
export const test: TestAPI<Fixtures>;
export const it: TestAPI<Fixtures>;
