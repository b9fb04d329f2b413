// Uses the dialect cdp through the npm package `chrome-remote-interface` and prints what it saw as JSON.
// Usage: node dialect_cdp.js ws://127.0.0.1:PORT

import CDP from "chrome-remote-interface";
import "./time_limit.js";

const url = process.argv[2];

function connect(path) {
  return CDP({ target: `${url}${path}`, local: true });
}

async function failure(promise) {
  return promise.then(
    () => "it succeeded",
    (error) => ({ code: error.response?.code, message: error.message }),
  );
}

async function page() {
  const client = await connect("/devtools/page/P7");
  const { Browser, Network, Page, Runtime } = client;
  const methods = [];
  client.on("event", ({ method }) => methods.push(method));
  await Promise.all([Network.enable(), Page.enable(), Runtime.enable()]);
  const loaded = Page.loadEventFired();
  const request = new Promise((resolve) => Network.requestWillBeSent(resolve));
  const navigated = await Page.navigate({ url: "https://example.org/" });
  const asked = (await request).request;
  await loaded;
  const { frameTree } = await Page.getFrameTree();
  const title = await Runtime.evaluate({ expression: "document.title" });
  const thrown = await Runtime.evaluate({ expression: "boom()" });
  const undefinedOne = await Runtime.evaluate({ expression: "nothing" });
  const unreachable = await Page.navigate({ url: "https://nowhere.example/" });
  const { product } = await Browser.getVersion();
  const errors = [
    await failure(client.send("Page.fly")),
    await failure(Page.navigate({})),
    await failure(client.send("DOM.performSearch", { query: "p" })),
  ];
  const answered = await client.send("DOM.getBoxModel", { nodeId: 1 });
  const gone = new Promise((resolve) => client.on("disconnect", resolve));
  await Browser.close();
  await gone;
  const again = await connect("/devtools/page/P7");
  const reconnected = await again.Runtime.evaluate({ expression: "1 + 1" });
  await again.close();
  return {
    methods,
    navigated: navigated.frameId,
    asked: [asked.method, asked.url],
    frame: frameTree.frame.url,
    title: title.result,
    thrown: thrown.exceptionDetails.exception.description,
    undefined: undefinedOne.result,
    unreachable: unreachable.errorText,
    product,
    errors,
    answered,
    reconnected: reconnected.result.value,
  };
}

async function browser() {
  const client = await connect("/devtools/browser/B1");
  const { Target } = client;
  const { targetInfos } = await Target.getTargets();
  const [first] = targetInfos;
  const { sessionId } = await Target.attachToTarget({ targetId: first.targetId, flatten: true });
  const withoutSession = await failure(client.Page.enable());
  await client.Page.enable(sessionId);
  const loaded = new Promise((resolve) => client.Page.loadEventFired(sessionId, resolve));
  await client.Page.navigate({ url: "https://example.org/" }, sessionId);
  await loaded;
  const detached = new Promise((resolve) => Target.detachedFromTarget(resolve));
  await Target.detachFromTarget({ sessionId });
  const left = await detached;
  const afterwards = await failure(client.Page.enable(sessionId));
  await client.close();
  return {
    target: first.targetId,
    withoutSession,
    isTheSameSession: left.sessionId === sessionId,
    afterwards,
  };
}

async function discovery() {
  const { hostname: host, port } = new URL(url);
  const at = { host, port: Number(port) };
  const version = await CDP.Version(at);
  const targets = await CDP.List(at);
  const made = await CDP.New({ ...at, url: "https://example.org/" });
  await CDP.Activate({ ...at, id: made.id });
  const client = await CDP({ ...at, local: true, target: (all) => all[0] });
  const answer = await client.Runtime.evaluate({ expression: "1 + 1" });
  await client.close();
  await CDP.Close({ ...at, id: made.id });
  return {
    browser: version.webSocketDebuggerUrl.replace(url, ""),
    targets: targets.map((one) => one.webSocketDebuggerUrl.replace(url, "")),
    isNew: made.webSocketDebuggerUrl === `${url}/devtools/page/${made.id}`,
    url: made.url,
    answer: answer.result.value,
  };
}

const [onPage, onBrowser, discovered] = await Promise.all([page(), browser(), discovery()]);
console.log(JSON.stringify({ page: onPage, browser: onBrowser, discovered }));
