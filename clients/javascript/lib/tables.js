// Shows traffic as a table, for failure texts.

const WIDTH = 72;

/** The most entries of a transcript. */
export const MAX_ROWS = 200;

/** Return entries as a table for people, oldest first, with the time since the first. */
export function table(entries, indent = "  ") {
  if (!entries.length) return `${indent}nothing`;
  const left = entries.length - MAX_ROWS;
  const shown = entries.slice(-MAX_ROWS);
  const start = shown[0].time;
  const rows = [["no.", "seconds", "client", "kind", "content"]];
  for (const entry of shown) {
    const since = ((entry.time - start) / 1000).toFixed(3);
    rows.push([String(entry.seq), since, clientOf(entry), kindOf(entry), content(entry)]);
  }
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => (indent + line(row, widths)).trimEnd());
  return [...(left > 0 ? [`${indent}(${left} earlier entries)`] : []), ...lines].join("\n");
}

/** Return what an entry holds, in one short line. */
export function content(entry) {
  const flat = printable(contentOf(entry).split(/\s+/).filter(Boolean).join(" "));
  return flat.length <= WIDTH ? flat : `${flat.slice(0, WIDTH - 1)}…`;
}

/** Escape control characters: a report is read in a terminal, which a client must not drive. */
function printable(text) {
  return text.replace(/\p{C}/gu, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);
}

function contentOf({ kind, details, endpoint, text, data }) {
  switch (kind) {
    case "handshake":
      return `${details.path ?? ""} → ${details.status ?? "no answer"}`;
    case "request":
      return `${details.method} ${details.path} ${text ?? ""}`;
    case "response":
      return `${details.status ?? details.outcome} ${text ?? ""}`;
    case "open":
      return endpoint === null ? "at no endpoint" : `at ${endpoint}`;
    case "close":
      return `${details.code}${details.reason ? ` ${JSON.stringify(details.reason)}` : ""} by the ${details.by}`;
    case "rule":
    case "fault":
      return String(details[kind] ?? "");
    case "error":
      return `${details.rule ? `${details.rule}: ` : ""}${details.reason ?? ""}`;
    case "verdict":
      return details.passed ? "passed" : `failed: ${details.text ?? ""}`;
    default:
      return text ?? (data ?? Buffer.alloc(0)).toString("hex").replace(/(.{8})(?=.)/g, "$1 ");
  }
}

/** Return entries as a short list, one line each. */
export function summary(entries, most = 5) {
  const lines = entries.slice(0, most).map((one) => `  ${one.seq}  ${content(one)}`);
  if (entries.length > most) lines.push(`  … and ${entries.length - most} more`);
  return lines.join("\n");
}

function clientOf({ client, attempt }) {
  return client === null ? `#${attempt}` : `${client.slice(0, 8)} #${attempt}`;
}

function kindOf({ kind, direction }) {
  return direction === null ? kind : `${direction} ${kind}`;
}

function line([number, seconds, client, kind, rest], widths) {
  const left = [number.padStart(widths[0]), seconds.padStart(widths[1])];
  return [...left, client.padEnd(widths[2]), kind.padEnd(widths[3]), rest].join("  ");
}
