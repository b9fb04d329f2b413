// Clients that speak HTTP before they upgrade: socket.io-client and @microsoft/signalr. Prints what
// they saw as one JSON object.
// Usage: node http.js ws://127.0.0.1:PORT

import { HubConnectionBuilder, HttpTransportType, LogLevel } from "@microsoft/signalr";
import { io } from "socket.io-client";
import "./time_limit.js";

const url = process.argv[2].replace("ws:", "http:");

async function socketIo(transports) {
  const socket = io(url, { transports, reconnection: false });
  const transport = () => socket.io.engine.transport.name;
  await new Promise((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
  const first = transport();
  const echo = (word) =>
    new Promise((resolve) => {
      socket.once("echo", resolve);
      socket.emit("say", word);
    });
  const words = [await echo("one")];
  if (transports.includes("websocket")) {
    if (transport() !== "websocket") {
      await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
    }
  }
  words.push(await echo("two"));
  const last = transport();
  socket.disconnect();
  return { first, last, words };
}

async function unknownSession() {
  const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=unknown`);
  return [answer.status, await answer.json()];
}

async function signalR() {
  const connection = new HubConnectionBuilder()
    .withUrl(`${url}/hub`, { transport: HttpTransportType.WebSockets })
    .configureLogging(LogLevel.None)
    .build();
  await connection.start();
  const result = await connection.invoke("Echo", "hello");
  const id = connection.connectionId;
  await connection.stop();
  return { result, id };
}

const seen = {
  polling: await socketIo(["polling"]),
  upgraded: await socketIo(["polling", "websocket"]),
  unknown: await unknownSession(),
  signalr: await signalR(),
};
console.log(JSON.stringify(seen));
// The polls of the sessions that have ended would keep the process alive until their timeout.
process.exit(0);
