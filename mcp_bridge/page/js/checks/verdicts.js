/** The verdicts of scripts, strict endpoints and contracts, from the entries that the page has. */

import { Icon } from "../parts/icon.js";
import { hrefOf, namespace } from "../route.js";
import { revision, ring } from "../store/traffic.js";
import { count, timeOfDay, visible } from "../text.js";
import { html } from "../ui.js";

const SHOWN = 50;
const EVIDENCE_SHOWN = 10;

/**
 * The index up to which entries were looked at, the newest verdicts among them, and for each namespace
 * how many passed and failed.
 */
const seen = { end: 0, newest: [], counts: new Map() };

function advance() {
  for (let at = Math.max(seen.end, ring.first); at < ring.end; at += 1) {
    const entry = ring.at(at);
    if (entry.kind !== "verdict") continue;
    countVerdict(entry);
    seen.newest.unshift(entry);
    if (seen.newest.length > 10 * SHOWN) seen.newest.length = 5 * SHOWN;
  }
  seen.end = ring.end;
}

function countVerdict({ namespace, details }) {
  const name = namespace ?? "";
  const counts = seen.counts.get(name) ?? { passed: 0, failed: 0 };
  counts[details.passed ? "passed" : "failed"] += 1;
  seen.counts.set(name, counts);
}

const isShown = (name) => namespace.value === "*" || (name ?? "") === namespace.value;

function countsHere() {
  const sum = { passed: 0, failed: 0 };
  for (const [name, { passed, failed }] of seen.counts) {
    if (!isShown(name)) continue;
    sum.passed += passed;
    sum.failed += failed;
  }
  return sum;
}

export function Verdicts() {
  revision.value;
  advance();
  const here = seen.newest.filter((entry) => isShown(entry.namespace)).slice(0, SHOWN);
  if (!here.length) {
    return html`<p class="note">None yet. They come from scripts, from endpoints with <code>unmatched: strict</code>, and from contracts.</p>`;
  }
  const { passed, failed } = countsHere();
  return html`
    <table>
      <caption class="note">${count(passed)} passed, ${count(failed)} failed among the entries that this page has read</caption>
      <thead><tr><th>Verdict</th><th>Of</th><th>Why</th><th>Client</th><th>At</th></tr></thead>
      <tbody>${here.map((entry) => html`<${Verdict} key=${entry.index} entry=${entry} />`)}</tbody>
    </table>
  `;
}

function Verdict({ entry }) {
  const { passed, text, contract, strict } = entry.details;
  const of = contract ? `contract: ${contract}` : strict ? "strict" : "script";
  return html`
    <tr>
      <td class="outcome ${passed ? "good" : "bad"}"><${Icon} name=${passed ? "passed" : "failed"} />${passed ? "passed" : "failed"}</td>
      <td>${visible(entry.endpoint ?? "")} <span class="note">${of}</span></td>
      <td>${visible(text ?? "")}</td>
      <td><a href=${hrefOf("traffic", { client: entry.client ?? "" })} title="Show its traffic">${entry.client}</a></td>
      <td class="number">${timeOfDay(entry.at)}</td>
    </tr>
  `;
}

/** The entries that show it. */
export function Evidence({ numbers }) {
  if (!numbers.length) return null;
  const more = numbers.length - EVIDENCE_SHOWN;
  return html`
    <p class="note">${numbers.length === 1 ? "Entry" : "Entries"} ${numbers
      .slice(0, EVIDENCE_SHOWN)
      .map((one) => `#${one}`)
      .join(", ")}${more > 0 && ` and ${more} more`}</p>
  `;
}
