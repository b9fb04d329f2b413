// Uses the dialect json-rpc through the npm package `json-rpc-2.0` and prints what it saw as JSON.
// Usage: node dialect_json_rpc.js ws://127.0.0.1:PORT

import {
  JSONRPCClient,
  JSONRPCServer,
  JSONRPCServerAndClient,
  createJSONRPCRequest,
} from "json-rpc-2.0";
import WebSocket from "ws";
import "./time_limit.js";

const url = process.argv[2];

async function open() {
  const socket = new WebSocket(`${url}/rpc`);
  const peer = new JSONRPCServerAndClient(
    new JSONRPCServer(),
    new JSONRPCClient((request) => socket.send(JSON.stringify(request))),
  );
  socket.on("message", (text) => peer.receiveAndSend(JSON.parse(text.toString())));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  closed.then((code) => peer.rejectAllPendingRequests(`closed with ${code}`));
  await new Promise((resolve) => socket.on("open", resolve));
  return { peer, socket, closed };
}

function failure(promise) {
  return promise.then(
    () => "no error",
    (error) => [error.code, error.message, error.data],
  );
}

async function conversation() {
  const { peer, socket } = await open();
  const [sum, greeting, slow, nothing] = await Promise.all([
    peer.request("add", [1, 2, 39]),
    peer.request("greet", { name: "Ada" }),
    peer.request("slow", {}),
    peer.request("nothing", {}),
  ]);
  peer.notify("add", [1]);
  const errors = await Promise.all([
    failure(peer.request("missing", {})),
    failure(peer.request("greet", { nam: "Ada" })),
    failure(peer.request("fail", [7])),
  ]);
  const batch = await peer.client.requestAdvanced([
    createJSONRPCRequest("a", "add", [1, 2]),
    createJSONRPCRequest("b", "missing", {}),
  ]);
  socket.close();
  return { sum, greeting, slow, nothing, errors, batch };
}

async function subscription() {
  const { peer, socket } = await open();
  const seen = [];
  const enough = new Promise((resolve) => {
    peer.addMethod("eth_subscription", ({ subscription, result }) => {
      seen.push([subscription, result]);
      if (seen.length === 2) resolve();
    });
  });
  const id = await peer.request("eth_subscribe", ["newHeads"]);
  await enough;
  const stopped = await peer.request("eth_unsubscribe", [id]);
  const before = seen.length;
  await peer.request("slow", {});
  socket.close();
  return { id, seen: seen.slice(0, 2), stopped, later: seen.length - before };
}

async function reconnected() {
  const first = await open();
  const lost = await first.peer.request("lose", {}).then(
    () => "answered",
    (error) => error.message,
  );
  const second = await open();
  const sum = await second.peer.request("add", [1]);
  second.socket.close();
  return [lost, sum];
}

const [seenConversation, seenSubscription, seenReconnect] = await Promise.all([
  conversation(),
  subscription(),
  reconnected(),
]);
console.log(
  JSON.stringify({
    conversation: seenConversation,
    subscription: seenSubscription,
    reconnected: seenReconnect,
  }),
);
