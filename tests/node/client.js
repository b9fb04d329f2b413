// Talks to the server through the npm package `ws` and prints what it saw as one JSON object.
// Usage: node client.js ws://127.0.0.1:PORT

import WebSocket from "ws";
import "./time_limit.js";

const url = process.argv[2];

class Client {
  constructor(path, ...options) {
    this.socket = new WebSocket(url + path, ...options);
    this.unread = [];
    this.waiting = [];
    this.socket.on("message", (data, isBinary) => this.deliver({ data, isBinary }));
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => resolve([code, reason.toString()]));
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.on("open", resolve);
      this.socket.on("error", reject);
    });
  }

  deliver(message) {
    const waiter = this.waiting.shift();
    if (waiter) waiter(message);
    else this.unread.push(message);
  }

  receive() {
    if (this.unread.length) return Promise.resolve(this.unread.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async receiveJson() {
    return JSON.parse((await this.receive()).data.toString());
  }

  ask(message) {
    this.socket.send(JSON.stringify(message));
    return this.receiveJson();
  }

  close(code, reason) {
    this.socket.close(code, reason);
    return this.closed;
  }
}

async function open(...options) {
  const client = new Client(...options);
  await client.opened;
  return client;
}

async function echo(options) {
  const client = await open("/echo", options);
  const results = [];
  for (const sent of ["", "5 €", "x".repeat(70000), Buffer.from([0, 255]), Buffer.alloc(70000, 7)]) {
    client.socket.send(sent);
    const { data, isBinary } = await client.receive();
    results.push(isBinary === Buffer.isBuffer(sent) && data.equals(Buffer.from(sent)));
  }
  const extensions = client.socket.extensions;
  return { results, extensions, closed: await client.close(4321, "done") };
}

async function fragments() {
  const client = await open("/echo");
  client.socket.send("one ", { fin: false });
  client.socket.ping("between");
  const pong = await new Promise((resolve) => client.socket.once("pong", resolve));
  client.socket.send("two", { fin: true });
  const { data } = await client.receive();
  await client.close();
  return { pong: pong.toString(), joined: data.toString() };
}

async function protocol() {
  const one = await open("/", ["chat", "other"]);
  const welcome = await one.receiveJson();
  const two = await open("/");
  const id = (await two.receiveJson()).client_id;
  const pong = await one.ask({ type: "ping", test_id: 7 });
  const sent = await two.ask({ type: "broadcast", message: "to all" });
  const broadcast = await one.receiveJson();
  const listed = await one.ask({ type: "get_clients" });
  const refused = await one.ask({ type: "nonsense" });
  const closed = [await one.close(1000, ""), await two.close(1001, "leaving")];
  return {
    subprotocol: one.socket.protocol,
    isWelcome: welcome.type === "welcome",
    pong: pong.test_id,
    recipients: sent.recipients,
    isFromOther: broadcast.from_client === id,
    message: broadcast.message,
    total: listed.total_clients,
    refused: refused.type,
    closed,
  };
}

async function refused() {
  const client = new Client("/", { protocolVersion: 8 });
  return client.opened.then(
    () => "opened",
    (error) => error.message,
  );
}

async function stopped() {
  const client = await open("/echo");
  console.log("ready to be stopped");
  return client.closed;
}

const report = {
  plain: await echo({ perMessageDeflate: false }),
  deflated: await echo({ perMessageDeflate: { threshold: 0 } }),
  fragments: await fragments(),
  protocol: await protocol(),
  refused: await refused(),
  stopped: await stopped(),
};
console.log(JSON.stringify(report));
