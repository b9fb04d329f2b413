// Changes of a mock are made when they are awaited, and only then. A change that nobody awaits is
// remembered, and the next call of the mock fails: a missing `await` never becomes a race.

import { MockError } from "./errors.js";

/** The changes of one mock that nobody has awaited yet. */
export class Changes {
  #waiting = new Set();
  #last = Promise.resolve();

  add(change) {
    this.#waiting.add(change);
  }

  /** Make a change after those that were awaited before it. */
  make(change, work) {
    this.#waiting.delete(change);
    const made = this.#last.then(work);
    this.#last = made.catch(() => {});
    return made;
  }

  /** Throw MockError if an `await` is missing, and forget those changes. */
  refuseForgotten() {
    const forgotten = [...this.#waiting].map((one) => one.description);
    this.#waiting.clear();
    if (forgotten.length) {
      const changes = forgotten.map((one) => `  ${one}`).join("\n");
      throw new MockError(
        `An await is missing, so this is not in force. Write it as: await …\n${changes}`,
      );
    }
  }
}

/** A change that is made when it is awaited. */
export class Change {
  #changes;
  #make;
  #made = null;

  /**
   * @param {Changes} changes those of the mock
   * @param {string} description the call, for the error about a missing await
   * @param {() => Promise<unknown>} make makes the change
   */
  constructor(changes, description, make) {
    this.#changes = changes;
    this.#make = make;
    this.description = description;
    changes.add(this);
  }

  /** Say that there is more to make, with the next await. */
  renew(description = this.description) {
    this.description = description;
    this.#made = null;
    this.#changes.add(this);
  }

  then(onMade, onFailed) {
    this.#made ??= this.#changes.make(this, this.#make);
    return this.#made.then(onMade, onFailed);
  }

  catch(onFailed) {
    return this.then(undefined, onFailed);
  }

  finally(onSettled) {
    return this.then().finally(onSettled);
  }
}

/** Return a call as it is written, shortened, for texts. */
export function shownCall(name, ...values) {
  const shown = values.filter((one) => one !== undefined).map(shownValue);
  return `${name}(${shown.join(", ")})`;
}

function shownValue(value) {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
