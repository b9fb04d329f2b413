// Connects with the npm package `ws` once for each server name, and prints how each attempt ended:
// the code of its error, or "opened". Usage: node tls.js wss://127.0.0.1:PORT/PATH NAME…

import WebSocket from "ws";

const [url, ...names] = process.argv.slice(2);
const handshakeTimeout = Number(process.env.TEST_TIMEOUT_SECONDS ?? "10") * 1000;

function attempt(servername) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { servername, handshakeTimeout });
    socket.on("open", () => {
      socket.close();
      resolve("opened");
    });
    socket.on("error", (error) => resolve(error.code));
  });
}

console.log(JSON.stringify(await Promise.all(names.map(attempt))));
