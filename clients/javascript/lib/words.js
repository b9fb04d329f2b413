// Says in words what was expected, for failures.

const NOUNS = {
  handshake: "a handshake",
  open: "an opened connection",
  message: "a message",
  text: "a text message",
  binary: "a binary message",
  ping: "a ping",
  pong: "a pong",
  close: "a close",
  error: "an error",
  rule: "a rule that fires",
  verdict: "a verdict",
  fault: "a fault that acts",
};

const SIDES = { received: "from the client", sent: "to the client" };

/** Return conditions on an entry in words, such as: a message from the client with text "a". */
export function describe({ match, kind, direction, endpoint, client, ...rest }) {
  const noun = NOUNS[kind ?? (match ? "message" : "")] ?? "an entry";
  const shown = Object.entries({ ...rest, ...match }).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  return [
    noun,
    SIDES[direction],
    client && `on the connection ${client.slice(0, 8)}`,
    endpoint && `at ${endpoint}`,
    shown.length && `with ${shown.join(", ")}`,
  ]
    .filter(Boolean)
    .join(" ");
}

/** Return a number of times in words. */
export function times(count) {
  return ["never", "once", "twice"][count] ?? `${count} times`;
}

/** Return what is expected in words; without any number: at least once. */
export function shownCounts({ count, atLeast, atMost }) {
  if (count !== undefined) return count === 0 ? "never" : `exactly ${times(count)}`;
  const bounds = [];
  if (atLeast !== undefined) bounds.push(`at least ${times(atLeast)}`);
  if (atMost !== undefined) bounds.push(`at most ${times(atMost)}`);
  return bounds.join(" and ") || "at least once";
}

/** Whether a number of times is what was expected. */
export function holds({ count, atLeast, atMost }, found) {
  if (count !== undefined) return found === count;
  const least = atLeast ?? (atMost === undefined ? 1 : 0);
  return found >= least && (atMost === undefined || found <= atMost);
}

/** Return a number of things, such as: 3 messages. */
export function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Return a text as a sentence. */
export function sentence(text) {
  const capital = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
