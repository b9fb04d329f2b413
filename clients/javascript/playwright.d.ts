import type {
  PlaywrightTestArgs,
  PlaywrightTestOptions,
  PlaywrightWorkerArgs,
  PlaywrightWorkerOptions,
  TestType,
} from "@playwright/test";

import type { MockOptions, WebSocketMock } from "./index.js";

export interface TestFixtures {
  /** A mock of its own for each test that names it. */
  websocketMock: WebSocketMock;
  /** How the mocks of tests are made: strict, seed. */
  websocketMockOptions: MockOptions;
}

export interface WorkerFixtures {
  /** The server of all tests of this worker. */
  websocketMockServer: WebSocketMock;
}

/** `test` with the fixture `websocketMock`. */
export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & TestFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & WorkerFixtures
>;
export { expect } from "@playwright/test";
