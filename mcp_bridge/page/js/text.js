/** Values as texts for people. */

/** Control and format characters: invisible ones, and those that turn the text around them. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const KEPT_IN_BLOCKS = "\n\t";
const CONTROLS =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI " +
  "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US";
const NAMES = CONTROLS.split(" ");

/** A text on one line, in which each hidden character is seen. */
export function visible(text) {
  return text.replace(HIDDEN, show);
}

/** A text with its lines, in which each other hidden character is seen. */
export function visibleLines(text) {
  return text.replace(HIDDEN, (one) => (KEPT_IN_BLOCKS.includes(one) ? one : show(one)));
}

function show(character) {
  const code = character.codePointAt(0);
  if (character === "\n") return "↵";
  return `⟨${NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`}⟩`;
}

const twoDigits = (number) => String(number).padStart(2, "0");

/** The time of day with milliseconds, in the zone of the reader. */
export function timeOfDay(at) {
  const date = new Date(at);
  const seconds = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  return `${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** A duration in whole milliseconds, or with two digits that count. */
export function duration(ms) {
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  return ms < 3_599_500 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** A size in bytes. */
export function bytes(size) {
  if (size < 1000) return `${size} B`;
  return size < 999_500 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1_000_000).toFixed(1)} MB`;
}

const grouped = new Intl.NumberFormat("en");

/** A count with separators. */
export const count = (number) => grouped.format(number);

/** The bytes of a base64 text that may be cut anywhere. @returns {Uint8Array} */
export function fromBase64(text) {
  const whole = text.slice(0, text.length - (text.length % 4));
  try {
    return Uint8Array.from(atob(whole), (one) => one.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** Bytes in hexadecimal, with spaces between. */
export function hex(data) {
  return Array.from(data, (one) => one.toString(16).padStart(2, "0")).join(" ");
}
