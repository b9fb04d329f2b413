import { defineConfig } from "vitest/config";

// `npm test` runs the tests that pass; tests/e2e/test_javascript.py runs those that fail, too.
const failing = process.env.WITH_FAILING ? ["tests/failing/*.vitest.js"] : [];

export default defineConfig({
  test: {
    globalSetup: ["./global-setup.js"],
    include: ["tests/*.test.js", ...failing],
    isolate: false,
    testTimeout: 30_000,
  },
});
