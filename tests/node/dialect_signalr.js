// Uses the dialect of SignalR through the npm package `@microsoft/signalr`; prints what it saw as JSON.
// Usage: node dialect_signalr.js http://127.0.0.1:PORT

import * as signalr from "@microsoft/signalr";
import "./time_limit.js";

const url = process.argv[2];

const { WebSockets, ServerSentEvents, LongPolling } = signalr.HttpTransportType;
const ways = {
  negotiated: {},
  webSocket: { skipNegotiation: true, transport: WebSockets },
  events: { transport: ServerSentEvents },
  polling: { transport: LongPolling },
};

function hub(path, options) {
  return new signalr.HubConnectionBuilder()
    .withUrl(url + path, options)
    .withAutomaticReconnect([0, 0, 0])
    .configureLogging(signalr.LogLevel.None)
    .build();
}

function called(connection, method) {
  return new Promise((resolve) => {
    const take = (...values) => {
      connection.off(method, take);
      resolve(values);
    };
    connection.on(method, take);
  });
}

function items(connection, ...invocation) {
  return new Promise((resolve) => {
    const seen = [];
    connection.stream(...invocation).subscribe({
      next: (item) => seen.push(item),
      complete: () => resolve(seen),
      error: (error) => resolve(error.message),
    });
  });
}

const failure = (promise) => promise.then(() => "no error", (error) => error.message);

async function conversation(options) {
  const [ada, bob] = [hub("/hub", options), hub("/hub", options)];
  const seen = {};
  const welcome = called(ada, "Welcome");
  await Promise.all([ada.start(), bob.start()]);
  seen.welcome = await welcome;
  seen.ticks = [await called(ada, "Tick"), await called(ada, "Tick")].flat();

  seen.sum = await ada.invoke("Sum", 1, 2);
  seen.nothing = await ada.invoke("Nothing");
  const heard = [called(ada, "ReceiveMessage"), called(bob, "ReceiveMessage")];
  await ada.invoke("SendMessage", "ada", "hello");
  seen.message = await Promise.all(heard);
  seen.failed = await failure(ada.invoke("Fail"));
  seen.unknown = await failure(ada.invoke("Other"));

  seen.stream = await items(ada, "Count", 3);
  seen.noItems = await items(ada, "Empty");
  seen.failedStream = await items(ada, "Fail");
  seen.unknownStream = await items(ada, "Other");
  seen.cancelled = await new Promise((resolve) => {
    const subscription = ada.stream("Long").subscribe({
      next: (item) => {
        subscription.dispose();
        resolve(item);
      },
      complete: () => {},
      error: () => {},
    });
  });

  const upload = new signalr.Subject();
  const result = ada.invoke("Upload", upload);
  upload.next(1);
  upload.next(2);
  upload.complete();
  seen.upload = await result;
  await Promise.all([ada.stop(), bob.stop()]);
  return seen;
}

async function refusals(options) {
  const seen = {};
  seen.without = await failure(hub("/secret", options).start());
  const wrong = { ...options, accessTokenFactory: () => "wrong" };
  seen.wrong = await failure(hub("/secret", wrong).start());
  const right = hub("/secret", { ...options, accessTokenFactory: () => "secret" });
  await right.start();
  seen.right = right.state;
  await right.stop();
  return seen;
}

async function ends(options) {
  const connection = hub("/hub", options);
  await connection.start();
  const seen = { reasons: [], results: [] };
  let isBack;
  connection.onreconnecting((error) => seen.reasons.push(error?.message ?? null));
  connection.onreconnected(() => isBack());
  for (const method of ["Restart", "Crash"]) {
    const back = new Promise((resolve) => (isBack = resolve));
    await connection.send(method);
    await back;
    seen.results.push(await connection.invoke("Sum"));
  }
  const end = new Promise((resolve) => connection.onclose((error) => resolve(error?.message)));
  await connection.send("Ban");
  seen.Ban = await end;
  seen.state = connection.state;
  return seen;
}

async function silence(options) {
  const connection = hub("/impatient", options);
  connection.keepAliveIntervalInMilliseconds = 60000;
  const end = new Promise((resolve) => connection.onclose((error) => resolve(error?.message)));
  await connection.start();
  return await end;
}

const report = {};
for (const [name, options] of Object.entries(ways)) {
  const [talk, refused, ended, silent] = await Promise.all([
    conversation(options),
    refusals(options),
    ends(options),
    silence(options),
  ]);
  report[name] = { talk, refused, ended, silent };
}
console.log(JSON.stringify(report));
process.exit(0);
