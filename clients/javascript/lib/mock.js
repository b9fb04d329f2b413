// The mock server of a test.

import { randomBytes } from "node:crypto";

import { Child } from "./child.js";
import { Change, shownCall } from "./changes.js";
import { Control, HOW_TO_START } from "./control.js";
import { payload, plain } from "./documents.js";
import { Endpoint } from "./endpoint.js";
import { BadDefinition, MockError } from "./errors.js";
import { setFault } from "./faults.js";
import { check } from "./judging.js";
import { Observed } from "./observed.js";
import { Space } from "./space.js";

export class WebSocketMock extends Observed {
  #control;
  #child;
  #options;
  #space;
  #endpoints = new Map();

  // Use `start`, `connect` and `newNamespace`.
  constructor(control, child, options) {
    const space = new Space(control, options);
    super(space);
    this.#control = control;
    this.#child = child;
    this.#options = options;
    this.#space = space;
  }

  // --- start and stop ---------------------------------------------------------------------------

  static async start({ command, flags, settings, signal, ...options } = {}) {
    const child = await Child.start({ command, flags, settings, signal });
    return WebSocketMock.#open(child.control, child, options);
  }

  static async connect(url = process.env.WEBSOCKET_MOCK_URL, { token, caFile, ...options } = {}) {
    if (!url) throw new MockError(`No address of a mock server is given. ${HOW_TO_START}`);
    const control = new Control(url, {
      token: token ?? process.env.MCP_TOKEN,
      caFile: caFile ?? process.env.WEBSOCKET_MOCK_CA_FILE,
    });
    return WebSocketMock.#open(control, null, options);
  }

  /** Connect to the server of WEBSOCKET_MOCK_URL if the variable is set, or else start one. */
  static async open(options = {}) {
    if (process.env.WEBSOCKET_MOCK_URL) return WebSocketMock.connect(undefined, options);
    return WebSocketMock.start(options);
  }

  static async #open(control, child, options) {
    const mock = new WebSocketMock(control, child, options);
    try {
      await mock.#space.open();
    } catch (error) {
      await child?.stop();
      throw error;
    }
    return mock;
  }

  async newNamespace({ name, ...options } = {}) {
    const namespace = name ?? `test-${randomBytes(4).toString("hex")}`;
    const { strict, seed } = this.#options;
    return WebSocketMock.#open(this.#control, null, { strict, seed, ...options, namespace });
  }

  async stop() {
    await this.#space.stop("The mock of the test has been stopped.");
    await this.#child?.stop();
  }

  // --- program ----------------------------------------------------------------------------------

  async endpoint(path, options) {
    const known = this.#endpoints.get(options?.name ?? path);
    if (known?.path === path && options === undefined) return known;
    this.#space.changes.refuseForgotten();
    const endpoint = new Endpoint(this.#space, path, options);
    await endpoint.apply();
    this.#endpoints.set(endpoint.name, endpoint);
    return endpoint;
  }

  async dialect(dialect, parameters = {}) {
    this.#space.changes.refuseForgotten();
    const values = plain(parameters, "parameters");
    const extended = { extends: { from: `dialect:${dialect}`, with: values } };
    const { errors, name } = await this.#space.put(extended);
    if (errors.length) throw new BadDefinition(`the dialect ${dialect}`, errors);
    const { endpoints } = await this.#space.call("list_websocket_mocks", { name });
    const endpoint = new Endpoint(this.#space, endpoints[0].path, { name, ...extended });
    this.#endpoints.set(name, endpoint);
    return endpoint;
  }

  fault(fault) {
    return setFault(this.#space, fault);
  }

  reset(...what) {
    return new Change(this.#space.changes, shownCall("reset", ...what), async () => {
      const parts = what.length ? what : ["traffic", "faults", "attempts", "state"];
      await this.#space.call("reset_websocket_server", { what: parts });
    });
  }

  // --- look -------------------------------------------------------------------------------------

  /** The address of the control plane, such as http://127.0.0.1:8004. */
  get address() {
    return this.#control.address;
  }

  get namespace() {
    return this.#options.namespace ?? null;
  }

  url(path) {
    return this.#space.url(path);
  }

  secureUrl(path) {
    return this.#space.secureUrl(path);
  }

  get caFile() {
    return this.#space.caFile;
  }

  ca() {
    return this.#control.authority();
  }

  clients() {
    return this.#space.clients();
  }

  async check() {
    this.#space.changes.refuseForgotten();
    await check(this.#space, [...this.#endpoints.values()]);
  }

  // --- drive ------------------------------------------------------------------------------------

  async push(message, { group } = {}) {
    return this.#space.push({ target_group: group }, payload(message));
  }

  async close(code = 1000, reason = "", { group } = {}) {
    return this.#space.end({ target_group: group }, { code, reason });
  }
}
