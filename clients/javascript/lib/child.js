// A server in a child process, which ends with this one.

import { spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { Control } from "./control.js";
import { MockError } from "./errors.js";

const START_MS = 30_000;
const STOP_MS = 10_000;
const POLL_MS = 20;

/** How the variables begin that the program reads. The child gets none of them. */
const OURS = ["WEBSOCKET_", "TLS_", "MCP_", "LOG_LEVEL", "JOURNAL_", "NAMESPACE_", "FASTMCP_"];

const PROGRAM = "websocket-mock-server";

/** A server that runs as a child of this process. */
export class Child {
  #process;
  #ended;
  #folder;

  /**
   * Start a server; resolves when it accepts connections, after a second or two.
   *
   * @param {object} options
   * @param {string | string[]} [options.command] the program and its first arguments
   * @param {string[]} [options.flags] more flags of the command line
   * @param {object} [options.settings] settings, by the names of the configuration file
   * @param {AbortSignal} [options.signal] gives up
   */
  static async start({ command, flags = [], settings = {}, signal } = {}) {
    const child = new Child();
    try {
      await child.#start(words(command), flags, settings, signal);
    } catch (error) {
      await child.stop();
      throw error;
    }
    return child;
  }

  async #start([program, ...first], flags, settings, signal) {
    this.#folder = await mkdtemp(join(tmpdir(), "websocket-mock-"));
    const readyFile = join(this.#folder, "ready.json");
    const logFile = join(this.#folder, "server.log");
    const log = await open(logFile, "w");
    try {
      this.#process = spawn(
        program,
        // With stdio the server ends when its standard input does. So it ends with this process,
        // however this process ends.
        [
          ...first,
          "serve",
          "--ready-file",
          readyFile,
          "--transport",
          "stdio",
          "--control-port",
          "0",
          ...flags,
        ],
        { stdio: ["pipe", "ignore", log.fd], env: environment(settings) },
      );
      await this.#watch(program);
    } finally {
      await log.close();
    }
    const facts = await this.#ready(readyFile, logFile, signal);
    this.control = new Control(facts.control_url, { caFile: facts.ca_file });
  }

  async #watch(program) {
    const child = this.#process;
    this.#ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.on("error", () => {}); // it may end before its input is closed
    await new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(new MockError(notStarted(program, error))));
    });
    child.unref();
    child.stdin.unref();
  }

  async #ready(readyFile, logFile, signal) {
    const deadline = performance.now() + START_MS;
    while (performance.now() < deadline && this.#process.exitCode === null) {
      signal?.throwIfAborted();
      try {
        return JSON.parse(await readFile(readyFile, "utf8"));
      } catch (error) {
        if (error.code !== "ENOENT") throw error;
      }
      await pause(POLL_MS);
    }
    const written = (await readFile(logFile, "utf8")).trim();
    throw new MockError(`The mock server does not start:\n${written || "it wrote nothing"}`);
  }

  /** End the process. Takes a few seconds at most. Idempotent. */
  async stop() {
    const child = this.#process;
    this.#process = undefined;
    if (child?.pid !== undefined) {
      child.ref();
      child.kill();
      child.stdin.destroy();
      const givenUp = new AbortController();
      const late = pause(STOP_MS, "late", { signal: givenUp.signal }).catch(() => {});
      if ((await Promise.race([this.#ended, late])) === "late") {
        child.kill("SIGKILL");
        await this.#ended;
      }
      givenUp.abort();
    }
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }
}

function words(command = process.env.WEBSOCKET_MOCK_COMMAND || PROGRAM) {
  const found = typeof command === "string" ? command.trim().split(/\s+/) : command;
  if (!found.length || !found[0]) throw new MockError("command: give the program to start.");
  return found;
}

function environment(settings) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !OURS.some((beginning) => name.startsWith(beginning)),
  );
  const wanted = { host: "127.0.0.1", port: 0, fallback: "reject", ...settings };
  const variables = Object.entries(wanted).map(([name, value]) => [variable(name), String(value)]);
  return Object.fromEntries([...kept, ...variables]);
}

function variable(name) {
  return name.startsWith("tls_") ? name.toUpperCase() : `WEBSOCKET_${name.toUpperCase()}`;
}

function notStarted(program, error) {
  if (error.code !== "ENOENT") return `${program} cannot be started: ${error.message}`;
  return (
    `There is no program ${program}. Install the server (pip install websocket-mock-server), and ` +
    "put it on the PATH, or name it: WEBSOCKET_MOCK_COMMAND=/path/to/websocket-mock-server. " +
    "Or set WEBSOCKET_MOCK_URL to the address of a server that runs."
  );
}
