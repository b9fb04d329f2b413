// The errors of this package. Each text is written for the person who reads the failing test.
//
// MockError                 the mock cannot do what the test asks
// ├── BadDefinition         a definition of an endpoint, rule or fault is not valid
// └── NotConnected          no client is there to be driven
// MockAssertionError        what the test expects did not happen
// ├── WaitTimedOut          it did not happen in time
// ├── VerificationFailed    a verification failed
// └── UnexpectedTraffic     the final check found something that the test did not expect

import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("..", import.meta.url));
const OWN_FILES = ["lib/", "vitest.js", "jest.js", "playwright.js"].map((file) => FOLDER + file);

/** An error whose stack begins in the test: the frames of this package would hide its line. */
class ErrorAtTest extends Error {
  constructor(message) {
    super(message);
    this.name = new.target.name;
    const frames = (this.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
    const others = frames.filter((line) => !OWN_FILES.some((file) => line.includes(file)));
    this.stack = [`${this.name}: ${message}`, ...others].join("\n");
  }
}

/** The mock cannot do what the test asks. The text says what to do. */
export class MockError extends ErrorAtTest {}

/** A definition is not valid. Nothing was changed. */
export class BadDefinition extends MockError {
  constructor(what, problems) {
    super(
      `The definition of ${what} is not valid:\n${problems.map((one) => `  ${one}`).join("\n")}`,
    );
    this.problems = problems;
  }
}

/** There is no client to send to or to drive. */
export class NotConnected extends MockError {}

/** What the test expects did not happen. */
export class MockAssertionError extends ErrorAtTest {}

/** Something did not happen in time. */
export class WaitTimedOut extends MockAssertionError {}

/** A verification failed. */
export class VerificationFailed extends MockAssertionError {}

/** The final check found something that the test did not expect. */
export class UnexpectedTraffic extends MockAssertionError {
  constructor(problems, transcript) {
    super(`${problems.join("\n")}\n\nWebSocket transcript:\n${transcript}`);
    this.problems = problems;
  }
}
