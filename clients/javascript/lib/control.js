// Calls the tools of one server over REST.
//
// By node:http and not by fetch: tests replace fetch and the timers of the global object.

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

import { MockError } from "./errors.js";

const ANSWER_MS = 30_000;
const MAX_ANSWER = 64 * 1024 * 1024;

/** How to start a server, for errors. */
export const HOW_TO_START =
  "Start one with `websocket-mock-server` (pip install websocket-mock-server), and set " +
  "WEBSOCKET_MOCK_URL to its address, such as http://localhost:8004; or leave the variable " +
  "empty, and the tests start a server themselves.";

const HOW_TO_TRUST =
  "Give the file of its certificate authority: connect(url, {caFile}), or WEBSOCKET_MOCK_CA_FILE.";

/** How the codes of Node look for a certificate that is not trusted. */
const NOT_TRUSTED = /CERT|UNABLE_TO_VERIFY/;

/** A server at an address. Each call is a connection of its own. */
export class Control {
  #token;
  #ca;

  /**
   * @param {string} url such as http://localhost:8004
   * @param {object} [options]
   * @param {string} [options.token] its bearer token
   * @param {string} [options.caFile] the authority to trust if the url is https://, as PEM
   */
  constructor(url, { token, caFile } = {}) {
    this.address = checkedAddress(url);
    this.#token = token;
    this.#ca = caFile && this.address.startsWith("https:") ? pemIn(caFile) : undefined;
  }

  /**
   * Call a tool and return its result.
   *
   * @param {string} tool its name
   * @param {object} args its arguments, JSON values
   * @param {{signal?: AbortSignal, waitMs?: number}} [options] waitMs: how long the tool may wait
   * @returns {Promise<any>} its result; throws MockError if the server refuses or does not answer
   */
  async call(tool, args, { signal, waitMs = 0 } = {}) {
    signal?.throwIfAborted();
    const { status, body } = await this.#ask("POST", `/api/${tool}`, JSON.stringify(args), {
      signal,
      patience: waitMs + ANSWER_MS,
    });
    const result = parsed(body);
    if (status !== 200) {
      throw new MockError(result?.error ?? `${this.address} answers ${status}.`);
    }
    if (result === undefined)
      throw new MockError(`${this.address} is not a WebSocket mock server.`);
    return result;
  }

  /** Return the certificate of the authority that TLS clients must trust; null: there is none. */
  async authority() {
    const { status, body } = await this.#ask("GET", "/ca.pem", "", { patience: ANSWER_MS });
    if (status === 404) return null;
    if (status !== 200) throw new MockError(parsed(body)?.error ?? `${this.address}: ${status}.`);
    return body;
  }

  #ask(method, path, body, { signal, patience }) {
    const { request } = this.address.startsWith("https:") ? https : http;
    const headers = {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
    };
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    return new Promise((resolve, reject) => {
      const fail = (error) => reject(signal?.aborted ? signal.reason : this.#unreachable(error));
      const sent = request(
        this.address + path,
        { method, headers, signal, agent: false, timeout: patience, ca: this.#ca },
        (response) =>
          read(response).then((text) => resolve({ status: response.statusCode, body: text }), fail),
      );
      sent.on("timeout", () => sent.destroy(new Error("it does not answer in time")));
      sent.on("error", fail);
      sent.end(body);
    });
  }

  #unreachable(error) {
    if (NOT_TRUSTED.test(error.code)) {
      const what = `The certificate of ${this.address} is not trusted: ${error.message}`;
      return new MockError(`${what}. ${HOW_TO_TRUST}`);
    }
    const why = error.code === "ECONNREFUSED" ? "nothing listens there" : error.message;
    return new MockError(
      `Cannot reach the mock server at ${this.address}: ${why}. ${HOW_TO_START}`,
    );
  }
}

async function read(response) {
  const chunks = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > MAX_ANSWER) throw new Error("its answer is larger than 64 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

function pemIn(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new MockError(`The certificate authority cannot be read: ${error.message}`);
  }
}

function checkedAddress(url) {
  const found = URL.canParse(url) ? new URL(url) : null;
  const isAddress = found && ["http:", "https:"].includes(found.protocol);
  if (!isAddress || !["/", "/mcp"].includes(found.pathname) || found.search) {
    throw new MockError(
      `${JSON.stringify(url)} is not the address of a mock server. Write it like http://localhost:8004`,
    );
  }
  return found.origin;
}
