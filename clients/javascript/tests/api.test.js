// What the API does, with a real client and a real server.

import WebSocket from "ws";
import { afterEach, describe, expect, vi } from "vitest";

import {
  actions,
  BadDefinition,
  MockError,
  NotConnected,
  UnexpectedTraffic,
  VerificationFailed,
  WaitTimedOut,
  WebSocketMock,
} from "@websocket-mock/testing";
import { test } from "@websocket-mock/testing/vitest";

const opened = [];

/** Connect, and collect what comes. */
async function connect(url, { protocols, ca } = {}) {
  const socket = new WebSocket(url, protocols, { ca });
  opened.push(socket);
  const client = { socket, messages: [], closed: null };
  socket.on("message", (data, isBinary) => client.messages.push(isBinary ? data : String(data)));
  client.ended = new Promise((resolve) => {
    socket.on("close", (code, reason) => resolve((client.closed = [code, String(reason)])));
  });
  await new Promise((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  client.say = (value) => socket.send(typeof value === "string" ? value : JSON.stringify(value));
  client.received = (text) => vi.waitFor(() => expect(client.messages).toContain(text), 5000);
  return client;
}

afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
});

/** Return the error of a promise that must fail. */
async function failure(promise, kind) {
  const error = await Promise.resolve(promise).then(
    () => null,
    (one) => one,
  );
  expect(error).toBeInstanceOf(kind);
  return error.message;
}

describe("a test", () => {
  test("that drives a connection by hand", async ({ websocketMock }) => {
    const chat = await websocketMock.endpoint("/chat");
    const [conversation, client] = await Promise.all([chat.accept(), connect(chat.url())]);
    client.say("first");
    client.say({ n: 2 });
    expect((await conversation.receive()).text).toBe("first");
    expect((await conversation.receive({ json: { "$.n": 2 } })).json).toEqual({ n: 2 });
    await conversation.send({ text: "hello" });
    await conversation.send({ binary: new Uint8Array([1, 2, 255]) });
    await conversation.close(4001, "enough");
    expect(await client.ended).toEqual([4001, "enough"]);
    expect(client.messages).toEqual(["hello", Buffer.from([1, 2, 255])]);
    expect((await conversation.expectClose(4001)).reason).toBe("enough");
    expect((await conversation.traffic()).map((one) => one.kind)).toContain("close");
    await websocketMock.verifyOrder([{ text: "first" }, { text: "hello", direction: "sent" }]);
    const gap = await (await websocketMock.waitFor({ text: /^{/ })).gap();
    expect(gap).toBeGreaterThanOrEqual(0);
  });

  test("accepts connections in their order, each once", async ({ websocketMock }) => {
    const chat = await websocketMock.endpoint("/chat");
    await connect(chat.url());
    await connect(chat.url());
    const first = await chat.accept();
    const second = await chat.accept();
    expect(second.client).not.toBe(first.client);
    await failure(chat.accept({ timeout: 50 }), WaitTimedOut);
    await second.abort();
    expect(await failure(second.expectClose(1000), VerificationFailed)).toMatch(
      /^Expected a close with code 1000, but it was 1006\.\n/,
    );
    expect(await chat.clients()).toHaveLength(1);
  });

  test("with an ordered script", async ({ websocketMock }) => {
    const login = await websocketMock.endpoint("/login");
    await login
      .script()
      .expect({ json: { "$.user": /^A/i } })
      .send({ text: "welcome" })
      .close(1000);
    const client = await connect(login.url());
    client.say({ user: "ann" });
    await client.ended;
    expect(client.messages).toEqual(["welcome"]);
  });

  test("with rules for events, timers and lists of actions", async ({ websocketMock }) => {
    const ticker = await websocketMock.endpoint("/ticker", { subprotocols: ["v1"] });
    await ticker.onConnect().send({ text: "hi" });
    await ticker.onTimer(1).send({ text: "timer" });
    await ticker
      .on({ text: "go" })
      .every(1, actions().send({ text: "{{ repeat.index }}" }), { count: 2 })
      .forEach(["a"], actions().send({ text: "{{ item }}" }))
      .choose({ a: "chosen" }, ["b", "a"], actions().send({ text: "{{ choice }}" }))
      .when("{{ 1 == 1 }}", actions().send({ text: "yes" }), actions().abort())
      .after(1, actions().send({ text: "later" }));
    const client = await connect(ticker.url({}, { query: { token: "t" } }), { protocols: ["v1"] });
    client.say("go");
    for (const text of ["hi", "timer", "0", "1", "a", "chosen", "yes", "later"])
      await client.received(text);
    expect(client.socket.protocol).toBe("v1");
    expect(await ticker.fired()).toMatchObject({ "rules[0]": 1, "rules[2]": 1 });
    expect(await ticker.explain({ text: "stop" })).toContain("rules[2]: ");
  });

  test("with a fault that is cleared", async ({ websocketMock }) => {
    const echo = await websocketMock.endpoint("/echoes", { unmatched: "echo" });
    const fault = await echo.fault("drop");
    const client = await connect(echo.url());
    client.say("lost");
    await websocketMock.waitFor({ kind: "fault" });
    await fault.clear();
    client.say("kept");
    await client.received("kept");
    expect(client.messages).toEqual(["kept"]);
  });

  test("whose mocks come as documents", async ({ websocketMock }) => {
    const rules = [{ name: "greets", match: { text: "hi" }, do: [{ send: { text: "hello" } }] }];
    const greeter = await websocketMock.endpoint("/greeter", { rules });
    await greeter.on({ text: "bye" }).close(1000);
    greeter.expect("greets", 1);
    const client = await connect(greeter.url());
    client.say("hi");
    await client.received("hello");
    expect(greeter.document.rules.map((one) => one.match.text)).toEqual(["hi", "bye"]);
  });

  test("with a dialect and rules of its own", async ({ websocketMock }) => {
    const rpc = await websocketMock.dialect("json-rpc", { path: "/api/{tenant}" });
    await rpc
      .on({ json: { "$.method": "halt" } })
      .close(4000)
      .expect(1);
    expect([rpc.name, rpc.path, rpc.isManual]).toEqual(["json-rpc", "/api/{tenant}", false]);
    const client = await connect(rpc.url({ tenant: "acme" }));
    client.say({ jsonrpc: "2.0", id: 1, method: "ping" });
    await client.received('{"jsonrpc":"2.0","id":1,"result":"pong"}');
    client.say({ jsonrpc: "2.0", id: 2, method: "halt" });
    expect((await client.ended)[0]).toBe(4000);
    expect(
      await failure(websocketMock.dialect("json-rpc", { paht: "/" }), BadDefinition),
    ).toContain("there is no parameter 'paht'; did you mean 'path'?");
  });

  test("reads long messages whole", async ({ websocketMock }) => {
    const chat = await websocketMock.endpoint("/chat");
    const client = await connect(chat.url());
    const long = "ä".repeat(20_000);
    client.say(long);
    expect((await (await chat.accept()).receive()).text).toBe(long);
  });

  test("uses fake timers and has no fetch", async ({ websocketMock }) => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", undefined);
    try {
      const chat = await websocketMock.endpoint("/chat");
      await failure(chat.accept({ timeout: 20 }), WaitTimedOut);
    } finally {
      vi.useRealTimers();
      vi.unstubAllGlobals();
    }
  });
});

describe("an error", () => {
  test("of a wait says what came nearest", async ({ websocketMock }) => {
    const chat = await websocketMock.endpoint("/chat");
    const client = await connect(chat.url());
    client.say({ type: "subscrib" });
    await (await chat.accept()).receive();
    const text = await failure(
      websocketMock.waitFor({ json: { "$.type": "subscribe" } }, { timeout: 50 }),
      WaitTimedOut,
    );
    expect(text).toMatch(
      /^Expected a message from the client with json \{"\$\.type":"subscribe"\} within 50 ms, but none came\.\nThe nearest is .*subscrib/,
    );
    expect(text).toMatch(/received text {2}\{"type":"subscrib"\}$/);
  });

  test("of a wait escapes what would drive the terminal", async ({ websocketMock }) => {
    const chat = await websocketMock.endpoint("/chat");
    const client = await connect(chat.url());
    client.say("a\u001b[2J\n\u202eb");
    await chat.waitFor({ kind: "message" });
    const text = await failure(chat.waitFor({ text: "b" }, { timeout: 0 }), WaitTimedOut);
    expect(text).toMatch(/received text {2}a\\u\{1b\}\[2J \\u\{202e\}b$/);
  });

  test("of a verification says what was expected", async ({ websocketMock }) => {
    const counts = { atLeast: 2, atMost: 3, within: 10 };
    const text = await failure(websocketMock.verify({ text: "hi" }, counts), VerificationFailed);
    expect(text).toContain(
      'Expected a message from the client with text "hi" at least twice and at most 3 times, but none came.',
    );
    expect(text).toContain("Nothing has happened yet.");
    const both = failure(websocketMock.verify({}, { count: 1, atLeast: 1 }), MockError);
    expect(await both).toBe("Give either count, or atLeast and atMost.");
    const order = websocketMock.verifyOrder([{ kind: "open" }, { kind: "close" }]);
    expect(await failure(order, VerificationFailed)).toMatch(
      /^Expected in this order:\n {2}1\. an opened connection\n {2}2\. a close\n/,
    );
    const spaced = websocketMock.verify({ kind: "open" }, { spacing: { atLeast: 5 } });
    await failure(spaced, VerificationFailed);
  });

  test("of a definition names the place and changes nothing", async ({ websocketMock }) => {
    const chat = await websocketMock.endpoint("/chat");
    const rule = chat.on({ text: "hi" }).send({ text: "hello" });
    await rule;
    expect(await failure(rule.close(999), BadDefinition)).toMatch(/not valid:\n.*close/s);
    await failure(chat.handshake().reject(99), BadDefinition);
    await failure(chat.script().do({ sendd: 1 }), BadDefinition);
    await failure(websocketMock.fault({ latenzy: {} }), BadDefinition);
    expect(await failure(chat.on({ txt: "hi" }).ignore(), BadDefinition)).toContain("txt");
    expect(await failure(chat.on({}), MockError)).toContain("has no action");
    expect(chat.document.rules).toEqual([
      { match: { text: "hi" }, do: [{ send: { text: "hello" } }] },
    ]);
  });

  test("of a value that is not JSON names it", async ({ websocketMock }) => {
    const chat = await websocketMock.endpoint("/chat");
    expect(() => chat.on({ json: { a: () => 1 } })).toThrow("conditions.json.a: a function");
    expect(() => chat.on({ json: new Map() })).toThrow("conditions.json: a Map is not JSON");
    expect(() => chat.on({ json: [NaN] })).toThrow("conditions.json[0]: NaN");
    expect(await failure(chat.push({}), MockError)).toMatch(/^Give exactly one of json, text/);
    expect(await failure(chat.push({ txt: "" }), MockError)).toContain("There is no txt.");
    expect(await failure(chat.push({ text: "a" }), NotConnected)).toMatch(/\w/);
    expect(() => chat.url({ symbol: 1 })).toThrow("The path /chat has no symbol.");
    const prices = await websocketMock.endpoint("/{symbol}/**");
    expect(() => prices.url({ rest: "a" })).toThrow("needs a value: url({symbol: …})");
    expect(prices.url({ symbol: "a/b", rest: "c/d" })).toMatch(/\/a%2Fb\/c\/d$/);
  });

  test("of an address says what to do", async ({ websocketMock }) => {
    const nobody = WebSocketMock.connect("http://127.0.0.1:1");
    expect(await failure(nobody, MockError)).toMatch(/nothing listens there\. Start one with/);
    expect(await failure(WebSocketMock.connect("ws://x"), MockError)).toContain("Write it like");
    const wrong = WebSocketMock.start({ command: "no-such-program" });
    expect(await failure(wrong, MockError)).toContain(
      "There is no program no-such-program. Install",
    );
    const broken = WebSocketMock.start({ flags: ["--nonsense"] });
    expect(await failure(broken, MockError)).toMatch(/does not start:\n.*nonsense/s);
    expect(websocketMock.namespace).toMatch(/^test-[0-9a-f]{8}$/);
  });
});

describe("a missing await", () => {
  test("of a rule makes the next call fail", async ({ websocketMock }) => {
    const chat = await websocketMock.endpoint("/chat");
    chat.on({ text: "hi" }).send({ text: "hello" }).close(1000);
    expect(() => chat.url()).toThrow(
      'An await is missing, so this is not in force. Write it as: await …\n  on({"text":"hi"}).send(…).close(…)',
    );
    for (const forget of [
      () => chat.handshake({ attempt: 1 }).reject(503),
      () => websocketMock.fault("drop"),
      () => websocketMock.reset("traffic"),
    ]) {
      forget();
      await failure(websocketMock.check(), MockError);
    }
    expect(chat.document.rules).toBeUndefined();
  });

  test("of a wait is a problem of the final check", async ({ websocketMock }) => {
    const chat = await websocketMock.endpoint("/chat");
    const forgotten = chat.accept({ timeout: 60_000 });
    const text = await failure(websocketMock.check(), UnexpectedTraffic);
    expect(text).toContain("accept(…) still runs: is an await missing?");
    await websocketMock.stop();
    expect(await failure(forgotten, MockError)).toContain("has been stopped");
  });
});

test("what was awaited is whole and counts as expected", async ({ websocketMock }) => {
  const chat = await websocketMock.endpoint("/chat");
  await chat.on({ text: "known" }).ignore();
  const client = await connect(chat.url({}, { query: { room: "a" } }));
  const handshake = await chat.waitFor({ kind: "handshake" });
  expect(handshake.headers).toMatchObject({ upgrade: "websocket" });
  expect(handshake.query).toEqual({ room: "a" });
  for (let count = 0; count < 60; count += 1) client.say("known");
  client.say("unknown");
  expect(await chat.verify({ text: "known" }, { atLeast: 60, within: 5000 })).toBe(60);
  await chat.waitFor({ text: "unknown" });
  await chat.waitFor({ kind: "close", code: 1008 });
  expect(await chat.fired()).toEqual({ "rules[0]": 60 });
  await chat.on({ text: "more" }).ignore();
  expect(await chat.fired()).toEqual({ "rules[0]": 60, "rules[1]": 0 });
});

test("many messages that were verified are expected", async ({ websocketMock }) => {
  const chat = await websocketMock.endpoint("/chat");
  const client = await connect(chat.url());
  for (let count = 0; count < 60; count += 1) client.say("known");
  expect(await chat.verify({ text: "known" }, { atLeast: 60, within: 5000 })).toBe(60);
  await websocketMock.check();
});

test("a signal ends a wait", async ({ websocketMock }) => {
  const aborted = AbortSignal.abort(new Error("given up"));
  await expect(websocketMock.waitFor({}, { signal: aborted })).rejects.toThrow("given up");
  const controller = new AbortController();
  const wait = websocketMock.waitFor({ kind: "open" }, { signal: controller.signal });
  controller.abort(new Error("later"));
  await expect(wait).rejects.toThrow("later");
});

test("changes are made one after the other", async ({ websocketMock }) => {
  const chat = await websocketMock.endpoint("/chat");
  const outcomes = await Promise.allSettled([
    chat.on({ text: "first" }).send({ text: "1" }),
    chat.on({ text: "second" }).close(999),
    chat.on({ text: "third" }).send({ text: "3" }),
  ]);
  expect(outcomes.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const client = await connect(chat.url());
  client.say("third");
  await client.received("3");
  expect(chat.document.rules.map((one) => one.match.text)).toEqual(["first", "third"]);
});

test("mocks of two namespaces do not see each other", async ({
  websocketMock,
  websocketMockServer,
}) => {
  const other = await websocketMockServer.newNamespace({ strict: false });
  const [mine, theirs] = [await websocketMock.endpoint("/chat"), await other.endpoint("/chat")];
  const client = await connect(theirs.url());
  client.say("hi");
  await theirs.waitFor({ text: "hi" });
  await other.check();
  expect(await mine.clients()).toEqual([]);
  expect(await websocketMock.traffic()).toEqual([]);
  await other.stop();
  expect((await client.ended)[0]).toBe(1001);
});

test("a server without TLS says so", async ({ websocketMock }) => {
  expect(await websocketMock.ca()).toBeNull();
  expect(websocketMock.caFile).toBeNull();
  const chat = await websocketMock.endpoint("/chat");
  expect(() => chat.secureUrl()).toThrow("has no TLS. Start it with");
});

test("a server of one's own ends with its stop", async () => {
  const settings = { max_connections: 1, host: "0.0.0.0", tls_self_signed: true };
  const mock = await WebSocketMock.start({ settings, flags: ["--tls-control"] });
  const chat = await mock.endpoint("/chat");
  expect(new URL(chat.url()).hostname).toBe(new URL(mock.address).hostname);
  expect(await failure(connect(chat.secureUrl()), Error)).toContain("unable to verify");
  const client = await connect(chat.secureUrl(), { ca: await mock.ca() });
  await failure(connect(chat.url()), Error);
  client.say("hi");
  await mock.waitFor({ text: "hi" });
  expect(await failure(WebSocketMock.connect(mock.address), MockError)).toMatch(
    /^The certificate of https:.* is not trusted: .* Give the file of its .* {caFile}/,
  );
  const { caFile } = mock;
  const later = await WebSocketMock.connect(mock.address, { caFile });
  expect(later.secureUrl("/chat")).toBe(chat.secureUrl());
  expect(await later.traffic()).toEqual([]);
  await failure(later.waitFor({ text: "hi" }, { timeout: 0 }), WaitTimedOut);
  await failure(later.verify({ text: "hi" }), VerificationFailed);
  await mock.stop();
  expect((await client.ended)[0]).toBe(1001);
  expect(await failure(WebSocketMock.connect(mock.address), MockError)).toContain("Cannot reach");
  expect(await failure(WebSocketMock.connect(mock.address, { caFile }), MockError)).toContain(
    "The certificate authority cannot be read",
  );
});
