// Faults that a test sets and clears.

import { Change, shownCall } from "./changes.js";
import { plain } from "./documents.js";
import { BadDefinition } from "./errors.js";

/** A fault in force. */
export class Fault {
  #space;

  constructor(space, name) {
    this.#space = space;
    this.name = name;
  }

  /** Clear the fault. Idempotent. */
  clear() {
    return new Change(this.#space.changes, "fault.clear()", async () => {
      await this.#space.call("set_websocket_faults", { clear: [this.name] });
    });
  }
}

/** Return the change that sets a fault. */
export function setFault(space, fault, target = {}) {
  const definition = typeof fault === "string" ? { [fault]: {} } : plain(fault, "fault");
  return new Change(space.changes, shownCall("fault", fault), async () => {
    const faults = [{ ...definition, ...target }];
    const result = await space.call("set_websocket_faults", { faults });
    if (result.errors.length) throw new BadDefinition("the fault", result.errors);
    return new Fault(space, result.set[0]);
  });
}
