// One endpoint of a mock: a path, and how connections to it are answered.

import { Change, shownCall } from "./changes.js";
import { Conversation } from "./conversation.js";
import { duration, given, payload, plain, ruleDocument } from "./documents.js";
import { BadDefinition, MockError } from "./errors.js";
import { setFault } from "./faults.js";
import { Observed } from "./observed.js";
import { Handshake, Rule, Script } from "./rules.js";

export class Endpoint extends Observed {
  /** The rules that are in force, in their order. */
  rules = [];
  /** How often rules of the options are expected to fire, by name. */
  expected = new Map();
  warnings = [];

  #space;
  #options;
  #handshakes;
  #steps = null;
  #script = null;
  #accepted = 0;

  constructor(space, path, options = {}) {
    const { name = path, ...rest } = plain(options, "options");
    super(space, { endpoint: name });
    this.name = name;
    this.path = path;
    this.#space = space;
    this.#options = rest;
    this.#handshakes = rest.handshake ?? [];
  }

  // --- program ----------------------------------------------------------------------------------

  on(conditions) {
    return this.#rule("on", { conditions });
  }

  onConnect(conditions) {
    return this.#rule("onConnect", { trigger: "connect", conditions });
  }

  onPing(conditions) {
    return this.#rule("onPing", { trigger: "ping", conditions });
  }

  onClose(conditions) {
    return this.#rule("onClose", { trigger: "close", conditions });
  }

  onIdle(after, conditions) {
    return this.#rule("onIdle", { trigger: "idle", conditions, timing: { after } });
  }

  onTimer(after, { interval, ...conditions } = {}) {
    return this.#rule("onTimer", { trigger: "timer", conditions, timing: { after, interval } });
  }

  handshake(conditions) {
    return new Handshake(this.#space.changes, conditions, async (rule) => {
      this.#handshakes.push(rule);
      await this.#applyOr(() => this.#handshakes.pop());
    });
  }

  script() {
    this.#script ??= new Script(this.#space.changes, "script()", async (script) => {
      const before = this.#steps;
      this.#steps = [...script.documents];
      await this.#applyOr(() => {
        this.#steps = before;
        script.documents = [...(before ?? [])];
      });
    });
    return this.#script;
  }

  /** Expect that a rule of the options has fired at the end; without a count, at least once. */
  expect(rule, count) {
    this.expected.set(rule, { count });
    return this;
  }

  fault(fault) {
    return setFault(this.#space, fault, { endpoint: this.name });
  }

  remove() {
    return new Change(this.#space.changes, "remove()", async () => {
      await this.#space.call("remove_websocket_mock", { names: [this.name] });
    });
  }

  // --- look -------------------------------------------------------------------------------------

  /** The endpoint as in a mocks file. */
  get document() {
    const rules = this.#allRules();
    // What it extends says what becomes of the messages that no rule matches.
    const isStrict = this.#space.isStrict && !this.isManual && !this.#options.extends;
    return given({
      name: this.name,
      path: this.path,
      ...(isStrict ? { unmatched: "strict" } : {}),
      ...this.#options,
      handshake: this.#handshakes.length ? this.#handshakes : undefined,
      rules: rules.length ? rules : undefined,
      script: this.#steps ?? this.#options.script,
    });
  }

  /** Whether nothing answers messages, so that the test receives them itself. */
  get isManual() {
    const answers = this.#allRules().some(({ trigger = "message" }) => trigger === "message");
    const others = [this.#options.script, this.#options.unmatched, this.#options.extends];
    return !answers && [...others, this.#steps ?? undefined].every((one) => one === undefined);
  }

  /** The names of the rules in force, or their places such as rules[0], as in the traffic. */
  get labels() {
    return this.#allRules().map(({ name }, place) => name ?? `rules[${place}]`);
  }

  /** Return how often each rule has fired in some traffic. */
  countFired(entries) {
    const counts = Object.fromEntries(this.labels.map((label) => [label, 0]));
    for (const { kind, endpoint, details } of entries) {
      const isHere = kind === "rule" && endpoint === this.name;
      if (isHere && details.rule in counts) counts[details.rule] += 1;
    }
    return counts;
  }

  /** Return how often rules are expected to fire, by their names or places. */
  get allExpected() {
    const first = this.labels.length - this.rules.length;
    const own = this.rules.map((rule, place) => [this.labels[first + place], rule.expected]);
    return new Map([...this.expected, ...own.filter(([, expected]) => expected !== null)]);
  }

  url(parameters = {}, { query } = {}) {
    return this.#space.url(this.#target(parameters, query));
  }

  secureUrl(parameters = {}, { query } = {}) {
    return this.#space.secureUrl(this.#target(parameters, query));
  }

  #target(parameters, query) {
    const path = filledPath(this.path, parameters);
    return path + (query ? `?${new URLSearchParams(query)}` : "");
  }

  async fired() {
    return this.countFired(await this.traffic({ kind: "rule" }));
  }

  async clients() {
    return (await this.#space.clients()).filter((one) => one.endpoint === this.name);
  }

  async explain(message) {
    const args = { endpoint: this.name, ...payload(message) };
    const result = await this.#space.call("explain_websocket_message", args);
    const lines = result.rules.map((one) => `${one.rule}: ${one.matches ? "matches" : one.why}`);
    return [...lines, `acts: ${result.acts || result.otherwise || "nothing"}`].join("\n");
  }

  // --- drive ------------------------------------------------------------------------------------

  accept(options = {}) {
    const wanted = { kind: "open", endpoint: this.name };
    return this.#space.wait("accept", wanted, { ...options, after: this.#accepted }, (opened) => {
      this.#accepted = opened.seq;
      return new Conversation(this.#space, opened);
    });
  }

  async push(message) {
    return this.#space.push({ target_endpoint: this.name }, payload(message));
  }

  async close(code = 1000, reason = "") {
    return this.#space.end({ target_endpoint: this.name }, { code, reason });
  }

  async abort(how = "reset") {
    return this.#space.end({ target_endpoint: this.name }, { abort: how });
  }

  // --- inside -----------------------------------------------------------------------------------

  /** Put the current definition in force. Throws BadDefinition if it is not valid. */
  async apply() {
    const result = await this.#space.put(this.document);
    if (result.errors.length) throw new BadDefinition(`the endpoint ${this.name}`, result.errors);
    this.warnings = result.warnings;
  }

  async #applyOr(restore) {
    try {
      await this.apply();
    } catch (error) {
      restore();
      throw error;
    }
  }

  #rule(name, { trigger, conditions = {}, timing = {} }) {
    const times = Object.entries(timing).map(([when, time]) => [when, duration(time)]);
    const document = { ...ruleDocument(trigger, conditions), ...given(Object.fromEntries(times)) };
    const call = shownCall(name, conditions);
    return new Rule(this.#space.changes, call, document, async (rule) => {
      const before = rule.inForce;
      if (!rule.documents.length) {
        throw new MockError(`${call} has no action: add one, such as send or ignore.`);
      }
      if (before === null) this.rules.push(rule);
      rule.inForce = [...rule.documents];
      await this.#applyOr(() => {
        rule.inForce = before;
        rule.documents = [...(before ?? [])];
        if (before === null) this.rules.splice(this.rules.indexOf(rule), 1);
      });
    });
  }

  #allRules() {
    return [...(this.#options.rules ?? []), ...this.rules.map((one) => one.document)];
  }
}

/** Return a path with values in place of its parameters. Throws TypeError if one is missing. */
function filledPath(path, parameters) {
  const rest = new Map(Object.entries(parameters));
  const segments = path.split("/").map((segment) => {
    const name = segment === "**" ? "rest" : /^\{(.*)\}$/.exec(segment)?.[1];
    if (name === undefined) return segment;
    if (!rest.has(name)) throw new TypeError(`The path ${path} needs a value: url({${name}: …})`);
    const value = String(rest.get(name));
    if (!value && segment !== "**") throw new MockError(`${name}: an empty text fills no path.`);
    rest.delete(name);
    return segment === "**" ? encodeURI(value) : encodeURIComponent(value);
  });
  if (rest.size) throw new TypeError(`The path ${path} has no ${[...rest.keys()].join(", ")}.`);
  return segments.join("/");
}
