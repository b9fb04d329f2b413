import { WebSocketMock } from "./mock.js";

/** The server of one worker, as a fixture of Vitest or Playwright Test. */
export const serverFixture = [
  // Both read the names of the fixtures in the first argument.
  async ({}, use) => {
    const server = await WebSocketMock.open();
    await use(server);
    await server.stop();
  },
  { scope: "worker" },
];
