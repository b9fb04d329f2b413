/** One entry in detail: its payload in several forms, its facts, and why it was answered so. */

import { readJson } from "../json.js";
import { useKeys } from "../keys.js";
import { copy, CopyButton } from "../parts/copy.js";
import { HexView } from "../parts/hex_view.js";
import { Icon } from "../parts/icon.js";
import { JsonTree } from "../parts/json_tree.js";
import { bytes, hex, visibleLines } from "../text.js";
import { html, signal, useEffect, useMemo, useState } from "../ui.js";
import { draftFrom } from "./draft.js";
import { Explain } from "./explain.js";
import { Facts } from "./facts.js";
import { kept, readWhole } from "./payload.js";
import { Splitter } from "./splitter.js";
import { close } from "./state.js";
import { isBinary } from "./summary.js";

const TITLES = { payload: "Payload", raw: "Raw", hex: "Hex", entry: "Entry", explain: "Explain" };

/** The part that is shown: a choice that stays from one entry to the next. */
const chosen = signal("payload");

export function Detail({ entry }) {
  const payload = usePayload(entry);
  const isMessage = entry.kind === "text" || entry.kind === "binary";
  const canExplain = isMessage && entry.direction === "received";
  const hasPayload = payload.data.length > 0;
  const parts = [
    ...(hasPayload ? ["payload", "raw", "hex"] : []),
    "entry",
    ...(canExplain ? ["explain"] : []),
  ];
  const part = parts.includes(chosen.value) ? chosen.value : parts[0];
  const shown = part === "entry" ? "the entry" : "the payload";
  const explain = () => canExplain && (chosen.value = "explain");
  const draft = () => isMessage && draftFrom(entry, payload);
  useKeys("Entry", [
    { keys: "e", does: "explain the message", act: explain },
    { keys: "c", does: "copy what is shown", act: () => copy(copied(entry, payload, part), shown) },
    { keys: "m", does: "make a rule of the message", act: draft },
  ]);
  return html`
    <${Splitter} />
    <aside class="detail" aria-label="Entry ${entry.seq ?? ""}">
      <header>
        <h2>
          ${entry.seq === null ? "Notice" : `#${entry.seq}`}
          ${" "}<span>${kindOf(entry)}</span>
        </h2>
        <div class="parts" role="group" aria-label="Parts of the entry">
          ${parts.map(
            (name) => html`
              <button aria-pressed=${name === part} onClick=${() => (chosen.value = name)}>
                ${TITLES[name]}
              </button>
            `,
          )}
        </div>
        <span class="spring"></span>
        ${isMessage && html`<button onClick=${draft} title="Or press m">Make a rule</button>`}
        ${
          (hasPayload || part === "entry") &&
          html`<${CopyButton} text=${() => copied(entry, payload, part)} what=${shown} />`
        }
        <button class="quiet" aria-label="Close the details" title="Close (Esc)" onClick=${close}>
          <${Icon} name="dismiss" />
        </button>
      </header>
      <div class="inside-detail" key=${`${entry.index} ${part}`} role="region" tabindex="0"
        aria-label="Content">
        ${payload.problem && html`<p class="bad"><${Icon} name="error" />${payload.problem}</p>`}
        <${Part} part=${part} entry=${entry} payload=${payload} />
      </div>
    </aside>
  `;
}

/** At once what the page has of the payload, then what the server has. */
/** What an entry is, and whose; the list may have no room for the client. */
function kindOf({ kind, direction, client }) {
  if (kind === "notice") return "";
  if (!direction) return kind;
  const preposition = direction === "received" ? "from" : "to";
  return `${kind} ${direction}${client ? ` ${preposition} ${client}` : ""}`;
}

function usePayload(entry) {
  const [read, setRead] = useState(null);
  useEffect(() => {
    const asking = new AbortController();
    if (entry.seq !== null) {
      readWhole(entry, asking.signal)
        .then((payload) => setRead({ of: entry, payload }))
        .catch(() => {});
    }
    return () => asking.abort();
  }, [entry]);
  return useMemo(() => (read?.of === entry ? read.payload : kept(entry)), [entry, read]);
}

function Part({ part, entry, payload }) {
  switch (part) {
    case "payload":
      return html`<${PayloadPart} entry=${entry} payload=${payload} />`;
    case "raw":
      return html`<${Raw} text=${payload.text} />`;
    case "hex":
      return html`<${HexView} data=${payload.data} />`;
    case "explain":
      return html`<${Explain} entry=${entry} payload=${payload} />`;
    default:
      return html`<${Facts} entry=${entry} full=${payload.entry} />`;
  }
}

function PayloadPart({ entry, payload }) {
  const read = useMemo(() => (isBinary(entry) ? null : readJson(payload.text)), [entry, payload]);
  const here = `${bytes(payload.data.length)} of ${bytes(entry.size ?? 0)} are here.`;
  const cut = !payload.isWhole && html`<p class="note">${here}</p>`;
  if (isBinary(entry)) return html`<${HexView} data=${payload.data} />${cut}`;
  if (read) return html`<div class="tree"><${JsonTree} value=${read.value} /></div>`;
  return html`<${Raw} text=${payload.text} />${cut}`;
}

function Raw({ text }) {
  return html`
    <pre class="raw" dir="ltr" tabindex="0" aria-label="Text">${visibleLines(text)}</pre>
  `;
}

function copied(entry, payload, part) {
  if (part === "entry") return entryAsJson(payload.entry);
  return part === "hex" || isBinary(entry) ? hex(payload.data) : payload.text;
}

/** What the server says of an entry, without what the page adds. */
function entryAsJson({ index: _index, run: _run, at: _at, ...served }) {
  return JSON.stringify(served, null, 2);
}
