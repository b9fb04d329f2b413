// The servers of comparison for Node: `node peer.mjs NAME READY_FILE`. Each runs until it is terminated.
// They are written as one would write them with that library, with compression off.

import { randomBytes } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { dirname } from "node:path";
import { connect as connectTls } from "node:tls";
import { setTimeout } from "node:timers/promises";

const HOST = "127.0.0.1";

function pong(id) {
  const now = Date.now();
  return JSON.stringify({
    type: "pong",
    client_id: id,
    timestamp: now / 1000,
    server_time: new Date(now).toISOString(),
  });
}

// One behaviour for each path: given the new socket and the server, it says what happens to a message.
const PATHS = {
  "/": (socket) => {
    const id = randomBytes(4).toString("hex");
    return (data) => {
      if (JSON.parse(data).type === "ping") socket.send(pong(id));
    };
  },
  "/echo": (socket) => (data, isBinary) => socket.send(data, { binary: isBinary }),
  "/broadcast": (_, server) => (data, isBinary) => {
    for (const client of server.clients) client.send(data, { binary: isBinary });
  },
};

async function serveWs(announce) {
  const { WebSocketServer } = await import("ws");
  const server = new WebSocketServer({ host: HOST, port: 0, perMessageDeflate: false });
  server.on("connection", (socket, request) =>
    socket.on("message", PATHS[request.url](socket, server)),
  );
  server.on("listening", () => announce(server.address().port));
}

async function serveMockttp(announce) {
  const { getLocal } = await import("mockttp");
  const server = getLocal();
  await server.start();
  await server.forAnyWebSocket().thenEcho();
  announce(server.port);
}

// Mockoon takes no free port by itself, so one is asked for first.
async function freePort() {
  const finder = createServer();
  await new Promise((resolve) => finder.listen(0, HOST, resolve));
  const { port } = finder.address();
  await new Promise((resolve) => finder.close(resolve));
  return port;
}

const response = {
  uuid: "1c2a1a52-9a43-4b0a-8f6e-3f0d3c8a0002",
  body: '{"type": "pong", "id": "{{body \'id\'}}"}',
  bodyType: "INLINE",
  statusCode: 200,
  headers: [],
  rules: [{ target: "body", modifier: "type", operator: "equals", value: "ping", invert: false }],
  rulesOperator: "OR",
  default: true,
};
const route = {
  uuid: "1c2a1a52-9a43-4b0a-8f6e-3f0d3c8a0001",
  type: "ws",
  endpoint: "rule",
  responses: [response],
};

// Waits until a port accepts connections.
async function listening(port) {
  const open = () =>
    new Promise((resolve) => {
      const socket = connect(port, HOST, () => resolve(true));
      socket.on("error", () => resolve(false)).on("connect", () => socket.end());
    });
  while (!(await open())) await setTimeout(50);
}

// One rule with a templated answer, by the program of Mockoon, in this process.
async function serveMockoon(announce, readyFile) {
  const port = await freePort();
  const file = `${readyFile}.mockoon`;
  writeFileSync(file, JSON.stringify({ name: "benchmark", hostname: HOST, port, routes: [route] }));
  process.env.NODE_ENV = "production";
  const { execute } = await import("@oclif/core");
  const dir = dirname(createRequire(import.meta.url).resolve("@mockoon/cli/package.json"));
  const flags = ["--repair", "--disable-log-to-file", "--disable-admin-api"];
  await execute({ args: ["start", "--data", file, ...flags], dir });
  await listening(port);
  announce(port);
}

// No server: what comes in plain goes on with TLS, because the load knows no TLS.
async function serveRelay(announce, _readyFile, port) {
  const relay = createServer({ noDelay: true }, (plain) => {
    const secure = connectTls({ host: HOST, port: Number(port), rejectUnauthorized: false });
    secure.setNoDelay(true);
    for (const [from, to] of [[plain, secure], [secure, plain]]) {
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  relay.listen({ port: 0, host: HOST, backlog: 1024 }, () => announce(relay.address().port));
}

const PEERS = { relay: serveRelay, ws: serveWs, mockttp: serveMockttp, mockoon: serveMockoon };

// In one step, so that nobody reads half of it.
function writeReadyFile(file, port) {
  writeFileSync(
    `${file}.draft`,
    JSON.stringify({ websocket_url: `ws://${HOST}:${port}`, pid: process.pid }),
  );
  renameSync(`${file}.draft`, file);
}

const [name, readyFile, ...more] = process.argv.slice(2);
await PEERS[name]((port) => writeReadyFile(readyFile, port), readyFile, ...more);
