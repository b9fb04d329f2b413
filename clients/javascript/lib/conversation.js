// One live connection that a test drives by hand.

import { payload } from "./documents.js";
import { VerificationFailed } from "./errors.js";
import { setFault } from "./faults.js";
import { Observed } from "./observed.js";

/** One connection of a client. `receive` returns its messages one after the other, each once. */
export class Conversation extends Observed {
  #space;
  #cursor;

  constructor(space, { client, attempt, seq }) {
    super(space, { client });
    this.#space = space;
    this.#cursor = seq;
    this.client = client;
    this.attempt = attempt;
  }

  receive(conditions = {}, options = {}) {
    const wanted = { ...conditions, kind: "message", direction: "received", client: this.client };
    return this.#space.wait("receive", wanted, { ...options, after: this.#cursor }, (found) => {
      this.#cursor = found.seq;
      return found;
    });
  }

  async send(message) {
    await this.#space.push({ target_client: this.client }, payload(message));
  }

  async close(code = 1000, reason = "") {
    await this.#space.end({ target_client: this.client }, { code, reason });
  }

  async abort(how = "reset") {
    await this.#space.end({ target_client: this.client }, { abort: how });
  }

  expectClose(code, options = {}) {
    const wanted = { kind: "close", client: this.client };
    return this.#space.wait("expectClose", wanted, options, async (closed) => {
      if (code !== undefined && closed.code !== code) {
        const text = `Expected a close with code ${code}, but it was ${closed.code}.`;
        throw new VerificationFailed(
          `${text}\nThe traffic of this connection:\n${await this.transcript()}`,
        );
      }
      return closed;
    });
  }

  fault(fault) {
    return setFault(this.#space, fault, { client: this.client });
  }
}
