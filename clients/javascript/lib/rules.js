// The rules, handshake rules and scripts of an endpoint. Each comes in force when it is awaited.

import { Actions } from "./actions.js";
import { Change, shownCall } from "./changes.js";
import { duration, plain } from "./documents.js";

/** Actions that come in force when they are awaited. `await` gives undefined. */
class AwaitedActions extends Actions {
  #change;
  #description;

  constructor(changes, description, make) {
    super();
    this.#description = description;
    this.#change = new Change(changes, description, () => make(this));
  }

  do(...documents) {
    super.do(...documents);
    const words = this.documents.map((one) => `.${wordOf(one)}(…)`);
    this.#change.renew(this.#description + words.join(""));
    return this;
  }

  // A thenable, so that a list of actions can be awaited.
  then(onMade, onFailed) {
    return this.#change.then(onMade, onFailed);
  }

  catch(onFailed) {
    return this.#change.catch(onFailed);
  }

  finally(onSettled) {
    return this.#change.finally(onSettled);
  }
}

/** A rule of an endpoint: its conditions and its actions. */
export class Rule extends AwaitedActions {
  /** How often it must have fired at the end of the test; null: any number of times. */
  expected = null;
  /** The actions that are in force; null: none yet. */
  inForce = null;

  constructor(changes, call, conditions, make) {
    super(changes, call, make);
    /** The rule as in a mocks file, without its actions. */
    this.conditions = conditions;
  }

  /** The rule as in a mocks file, with the actions that are in force. */
  get document() {
    return { ...this.conditions, do: this.inForce ?? [] };
  }

  /** Expect that the rule has fired at the end of the test; without a count, at least once. */
  expect(count) {
    if (!this.documents.length) this.ignore();
    this.expected = { count };
    return this;
  }
}

/** An ordered conversation, instead of rules. */
export class Script extends AwaitedActions {
  /** Expect the next message of the client; without conditions, any message. */
  expect(conditions = {}, { within } = {}) {
    return this.do({ expect: plain(conditions, "conditions"), within: duration(within) });
  }
}

/** A rule for the opening handshake. It comes in force when its outcome is awaited. */
export class Handshake {
  #changes;
  #match;
  #add;

  constructor(changes, conditions, add) {
    this.#changes = changes;
    this.#match = plain(conditions ?? {}, "conditions");
    this.#add = add;
  }

  reject(status = 403, { headers, body } = {}) {
    return this.#outcome({ reject: { status, headers, body } });
  }

  accept({ headers, subprotocol } = {}) {
    return this.#outcome({ accept: { headers, subprotocol } });
  }

  stall(time = "forever") {
    return this.#outcome({ stall: duration(time) });
  }

  abort(how = "reset") {
    return this.#outcome({ abort: how });
  }

  #outcome(outcome) {
    const match = Object.keys(this.#match).length ? this.#match : undefined;
    const rule = plain({ match, ...outcome }, "handshake");
    const description = `${shownCall("handshake", match)}.${Object.keys(outcome)[0]}(…)`;
    return new Change(this.#changes, description, () => this.#add(rule));
  }
}

/** Return the name of an action: it is a mapping with one key, or a word. */
function wordOf(action) {
  return typeof action === "string" ? action : Object.keys(action)[0];
}
