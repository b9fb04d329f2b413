// Builds lists of actions: what stands under `do` in a mocks file.

import { duration, given, plain } from "./documents.js";

/** A list of actions. Each method adds one and returns the list. Texts are templates. */
export class Actions {
  /** The actions, as in a mocks file. */
  documents = [];

  send(message) {
    return this.do({ send: message });
  }

  ping(payload) {
    return this.do({ ping: given({ payload }) });
  }

  close(code = 1000, reason) {
    return this.do({ close: given({ code, reason }) });
  }

  abort(how = "reset") {
    return this.do({ abort: how });
  }

  ignore() {
    return this.do({ ignore: true });
  }

  wait(time) {
    return this.do({ wait: duration(time) });
  }

  after(delay, actions, { name } = {}) {
    return this.do({ after: { name, delay: duration(delay), do: actions.documents } });
  }

  every(interval, actions, options = {}) {
    return this.do({ every: { ...options, interval: duration(interval), do: actions.documents } });
  }

  stop(name) {
    return this.do({ stop: name });
  }

  when(condition, actions, otherwise) {
    return this.do({ when: condition, do: actions.documents, else: otherwise?.documents });
  }

  forEach(items, actions, { name = "item" } = {}) {
    return this.do({ for_each: { in: items, as: name, do: actions.documents } });
  }

  choose(values, by, actions, otherwise, { name = "choice" } = {}) {
    const lists = { do: actions.documents, else: otherwise?.documents };
    return this.do({ choose: { from: values, by, as: name, ...lists } });
  }

  state(state) {
    return this.do({ state });
  }

  set(variables) {
    return this.do({ set: variables });
  }

  join(group) {
    return this.do({ join: group });
  }

  leave(group) {
    return this.do({ leave: group });
  }

  identify(key) {
    return this.do({ identify: key });
  }

  raiseFault(fault) {
    return this.do({ fault });
  }

  do(...documents) {
    this.documents.push(...documents.map((one) => plain(one, "action")));
    return this;
  }
}

/** Return an empty list of actions, for `after`, `every`, `when`, `forEach` and `choose`. */
export function actions() {
  return new Actions();
}
