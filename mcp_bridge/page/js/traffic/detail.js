/** One entry in detail: its payload in several forms, its facts, and why it was answered so. */

import { copy, CopyButton } from "../parts/copy.js";
import { HexView } from "../parts/hex_view.js";
import { Icon } from "../parts/icon.js";
import { readJson } from "../json.js";
import { JsonTree } from "../parts/json_tree.js";
import { useKeys } from "../keys.js";
import { setParams } from "../route.js";
import { bytes, hex, timeOfDay, visible, visibleLines } from "../text.js";
import { html, signal, useEffect, useMemo, useState } from "../ui.js";
import { DraftDialog, draftFrom } from "./draft.js";
import { Explain } from "./explain.js";
import { kept, readWhole } from "./payload.js";
import { Splitter } from "./splitter.js";
import { close } from "./state.js";
import { isBinary } from "./summary.js";

/** The part that is shown: a choice that stays from one entry to the next. */
const chosen = signal("payload");

export function Detail({ entry }) {
  const payload = usePayload(entry);
  const isMessage = entry.kind === "text" || entry.kind === "binary";
  const canExplain = isMessage && entry.direction === "received";
  const parts = [
    ...(payload.data.length ? [["payload", "Payload"], ["raw", "Raw"], ["hex", "Hex"]] : []),
    ["entry", "Entry"],
    ...(canExplain ? [["explain", "Explain"]] : []),
  ];
  const part = parts.some(([name]) => name === chosen.value) ? chosen.value : parts[0][0];
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
        <h2>${entry.seq === null ? "Notice" : `#${entry.seq}`} <span>${entry.kind} ${entry.direction ?? ""}</span></h2>
        <div class="parts" role="group" aria-label="Parts of the entry">
          ${parts.map(
            ([name, title]) => html`
              <button aria-pressed=${name === part} onClick=${() => (chosen.value = name)}>${title}</button>
            `,
          )}
        </div>
        <span class="spring"></span>
        ${isMessage && html`<button onClick=${draft} title="Make a rule of it (m)">Make a rule</button>`}
        ${(part === "entry" || payload.data.length > 0) &&
        html`<${CopyButton} text=${() => copied(entry, payload, part)} what=${shown} />`}
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
    <${DraftDialog} />
  `;
}

/** At once what the page has of the payload, then what the server has. */
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
      return html`<pre class="raw" dir="ltr" tabindex="0" aria-label="Raw payload">${visibleLines(payload.text)}</pre>`;
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
  const cut = !payload.isWhole && html`
    <p class="note">${bytes(payload.data.length)} of ${bytes(entry.size ?? 0)} are here.</p>
  `;
  if (isBinary(entry)) return html`<${HexView} data=${payload.data} />${cut}`;
  if (read) return html`<div class="tree"><${JsonTree} value=${read.value} /></div>`;
  return html`
    <pre class="raw" dir="ltr" tabindex="0" aria-label="Payload">${visibleLines(payload.text)}</pre>${cut}
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

const FILTERABLE = ["kind", "direction", "endpoint", "client", "attempt"];

function Facts({ entry, full }) {
  const facts = [
    ["time", entry.seq === null ? timeOfDay(entry.at) : entry.time],
    ...["kind", "direction", "client", "namespace", "endpoint", "attempt"].map((name) => [name, entry[name]]),
    ["size", entry.size === null || entry.size === undefined ? null : `${entry.size} bytes`],
    ["sha256", full.sha256],
  ].filter(([, value]) => value !== null && value !== undefined);
  return html`
    <dl class="facts">
      ${facts.map(
        ([name, value]) => html`
          <div>
            <dt>${name}</dt>
            <dd>
              <span>${visible(String(value))}</span>
              ${FILTERABLE.includes(name) && html`<${Only} name=${name} value=${value} />`}
            </dd>
          </div>
        `,
      )}
      ${["rule", "fault", "status", "code"]
        .filter((name) => entry.details[name] !== undefined)
        .map(
          (name) => html`
            <div>
              <dt>${name}</dt>
              <dd><span>${visible(String(entry.details[name]))}</span><${Only} name=${name} value=${entry.details[name]} /></dd>
            </div>
          `,
        )}
    </dl>
    ${Object.keys(full.details).length > 0 &&
    html`<h3>Details</h3><div class="tree"><${JsonTree} value=${full.details} /></div>`}
  `;
}

/** A button that shows only the entries with the same value. */
function Only({ name, value }) {
  const filter = () => setParams({ [name]: String(value) });
  return html`<button class="quiet text" aria-label="only these: ${name} ${value}" onClick=${filter}>only these</button>`;
}
