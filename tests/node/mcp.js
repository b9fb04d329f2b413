// Makes the calls of tests/helpers/sdk_tour.py with an official TypeScript SDK, and prints what it
// got as one JSON object. The SDK checks each result against the schema that the server listed.
// Usage: node mcp.js '{"sdk": "v1" | "v2", "mode": "legacy" | "auto", "url": … | "command": […],
//   "arm": [tool, arguments], "calls": [[tool, arguments], …], "refused": …, "resource": …}'

import WebSocket from "ws";
import "./time_limit.js";

const task = JSON.parse(process.argv[2]);

async function load() {
  if (task.sdk === "v2") {
    const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
    return { Client, StreamableHTTPClientTransport, StdioClientTransport };
  }
  const root = "@modelcontextprotocol/sdk/client";
  return {
    ...(await import(`${root}/index.js`)),
    ...(await import(`${root}/streamableHttp.js`)),
    ...(await import(`${root}/stdio.js`)),
  };
}

async function greet(url) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => socket.send("hi"));
    socket.once("message", resolve);
  });
}

const sdk = await load();
const [command, ...args] = task.command ?? [];
const transport = task.url
  ? new sdk.StreamableHTTPClientTransport(new URL(task.url))
  : new sdk.StdioClientTransport({ command, args, env: process.env, stderr: "ignore" });
const client = new sdk.Client(
  { name: "test", version: "1" },
  task.sdk === "v2" ? { versionNegotiation: { mode: task.mode } } : {},
);
await client.connect(transport);
const call = ([name, given]) => client.callTool({ name, arguments: given });

const { tools } = await client.listTools();
const armed = await call(task.arm);
await greet(armed.structuredContent.url);
const results = [];
for (const one of task.calls) results.push(await call(one));
const refused = await call(task.refused);
const { contents } = await client.readResource({ uri: task.resource });
const version = client.getNegotiatedProtocolVersion?.();
await client.close();
console.log(JSON.stringify({ tools, results, refused, version, resource: contents[0].text }));
