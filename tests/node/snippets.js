// Runs snippets at once: `node snippets.js CASES`, where CASES is a JSON file with a list of {name, file, lines}.
// A snippet is a module. It is done when it has printed `lines` lines or has failed, at the latest when time is up.
// What they have done is printed as JSON: {NAME: {printed: [line, …], error: text or null}}.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { printedBy, finished, giveUp } from "./snippet_console.js";

const SECONDS = Number(process.env.TEST_TIMEOUT_SECONDS);

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const results = Object.fromEntries(
  cases.map(({ name }) => [name, { printed: printedBy(name), error: null }]),
);

function fail(error) {
  const text = String(error?.stack ?? error);
  const guilty = cases.filter(({ file }) => text.includes(file));
  for (const { name } of guilty.length ? guilty : cases) {
    results[name].error ??= text;
    giveUp(name);
  }
}

process.on("uncaughtException", fail);

const runs = cases.map(async ({ name, file, lines }) => {
  try {
    await import(pathToFileURL(file));
  } catch (error) {
    results[name].error = String(error?.stack ?? error);
    return;
  }
  await finished(name, lines);
});

await Promise.race([
  Promise.all(runs),
  new Promise((resolve) => setTimeout(resolve, SECONDS * 1000)),
]);
process.stdout.write(JSON.stringify(results), () => process.exit(0));
