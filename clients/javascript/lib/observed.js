// What every part of a mock can be asked: its traffic, waits and verifications.

import { table } from "./tables.js";

/** A mock, an endpoint or a connection. */
export class Observed {
  #space;
  #here;

  /**
   * @param {import("./space.js").Space} space the namespace
   * @param {object} [here] the conditions on an entry that belongs here
   */
  constructor(space, here = {}) {
    this.#space = space;
    this.#here = here;
  }

  traffic(conditions) {
    return this.#space.read({ ...conditions, ...this.#here });
  }

  async transcript() {
    return table(await this.traffic(), "");
  }

  waitFor(conditions, options) {
    return this.#space.wait("waitFor", { ...conditions, ...this.#here }, options);
  }

  waitUntilQuiet(quiet = 200, conditions = {}, options = {}) {
    return this.#space.waitUntilQuiet(quiet, { ...conditions, ...this.#here }, options);
  }

  verify(conditions, options) {
    return this.#space.verify({ ...conditions, ...this.#here }, options);
  }

  verifyOrder(entries, options) {
    const wanted = entries.map((one) => ({ ...one, ...this.#here }));
    return this.#space.verifyOrder(wanted, options);
  }
}
