// Calls the tools of one server over REST.
//
// By node:http and not by fetch: tests replace fetch and the timers of the global object.

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

/** A server at an address. Each call is a connection of its own. */
export class Control {
  #token;

  /**
   * @param {string} url such as http://localhost:8004
   * @param {string} [token] its bearer token
   */
  constructor(url, token) {
    this.address = checkedAddress(url);
    this.#token = token;
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
    const { status, body } = await this.#post(`/api/${tool}`, JSON.stringify(args), {
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

  #post(path, body, { signal, patience }) {
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
        { method: "POST", headers, signal, agent: false, timeout: patience },
        (response) =>
          read(response).then((text) => resolve({ status: response.statusCode, body: text }), fail),
      );
      sent.on("timeout", () => sent.destroy(new Error("it does not answer in time")));
      sent.on("error", fail);
      sent.end(body);
    });
  }

  #unreachable(error) {
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
