// The consoles of the snippets that `snippets.js` runs at once.
import { format } from "node:util";

const printed = new Map();
const waiting = new Map();

/** Return the list of the lines that a snippet has printed so far. */
export function printedBy(name) {
  if (!printed.has(name)) printed.set(name, []);
  return printed.get(name);
}

/** Return what a snippet has in place of `console`. */
export function consoleOf(name) {
  const print = (...values) => {
    printedBy(name).push(...format(...values).split("\n"));
    waiting.get(name)?.();
  };
  return { log: print, info: print, warn: print, error: print, debug: () => {} };
}

/** Resolve when a snippet has printed a number of lines. */
export function finished(name, lines) {
  return new Promise((resolve) => {
    const look = (isOver) => (isOver || printedBy(name).length >= lines) && resolve();
    waiting.set(name, look);
    look();
  });
}

/** Let nobody wait for a snippet any longer. */
export function giveUp(name) {
  waiting.get(name)?.(true);
}
