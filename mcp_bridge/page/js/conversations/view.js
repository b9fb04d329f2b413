/** The conversation of one logical client across its connections, as a sequence diagram. */

import { useKeys } from "../keys.js";
import { Icon } from "../parts/icon.js";
import { namespace, open, params, setParams } from "../route.js";
import { showError } from "../toasts.js";
import { count, visible } from "../text.js";
import { html, signal, useEffect } from "../ui.js";
import { showEntry } from "../traffic/state.js";
import { Diagram, moveBy } from "./diagram.js";
import { latestFitting, pngOf, save, svgBlob, svgOf } from "./picture.js";
import { listed } from "./sessions.js";
import {
  active,
  collapseAll,
  currentStory,
  expand,
  expanded,
  isFollowing,
  session,
} from "./state.js";

const MOST_LISTED = 200;

/** What the clock says, in ms; it changes every second. */
const now = signal(Date.now());

export function View() {
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  useEffect(chooseFirst, [listed.value.length > 0, params.value.of]);
  useKeys("Conversations", BINDINGS);
  return html`
    <section class="conversations" aria-label="Conversations">
      <${Sessions} />
      <${Shown} />
    </section>
  `;
}

function chooseFirst() {
  const [first] = inNamespace();
  if (!params.value.of && first) setParams({ of: first.key });
}

function inNamespace() {
  if (namespace.value === "*") return listed.value;
  return listed.value.filter((one) => (one.namespace ?? "") === namespace.value);
}

function choose(key) {
  active.value = null;
  isFollowing.value = true;
  collapseAll();
  setParams({ of: key, client: undefined });
}

/** The items that are drawn; the last one may be a gap that is not over. */
function itemsNow() {
  const { items, endedAt } = currentStory();
  if (endedAt === null || !items.length) return [...items];
  const pause = Math.max(0, now.value - endedAt);
  return [
    ...items,
    {
      type: "gap",
      id: -1,
      at: endedAt,
      pause,
      change: "",
      isPending: true,
      wasOpen: false,
      isOpen: false,
    },
  ];
}

function openItem(item) {
  if (item.type === "run") return expand(item);
  if (!item.entry) return undefined;
  active.value = item.id;
  showEntry(item.entry);
  return open("traffic", {});
}

const BINDINGS = [
  { keys: "ArrowDown j", does: "next step", act: () => moveBy(itemsNow(), 1) },
  { keys: "ArrowUp k", does: "previous step", act: () => moveBy(itemsNow(), -1) },
  { keys: "PageDown", does: "ten steps down", act: () => moveBy(itemsNow(), 10) },
  { keys: "PageUp", does: "ten steps up", act: () => moveBy(itemsNow(), -10) },
  { keys: "Home", does: "first step", act: () => moveBy(itemsNow(), -Infinity) },
  { keys: "End", does: "follow the end", act: () => (isFollowing.value = true) },
  { keys: "Enter", does: "open the entry, or show the messages of a run", act: openActive },
  { keys: "[", does: "previous client of the list", act: () => chooseBy(-1) },
  { keys: "]", does: "next client of the list", act: () => chooseBy(1) },
];

function openActive() {
  const item = itemsNow().find(({ id }) => id === active.value);
  if (item) openItem(item);
}

function chooseBy(steps) {
  const all = inNamespace();
  const at = all.findIndex(({ key }) => key === session()?.key) + steps;
  if (all[at]) choose(all[at].key);
}

function Sessions() {
  const all = inNamespace();
  return html`
    <nav class="sessions" aria-label="Logical clients">
      <ul>
        ${all.slice(0, MOST_LISTED).map((one) => html`<${Session} key=${one.key} one=${one} latest=${one.latest} />`)}
      </ul>
      ${all.length > MOST_LISTED && html`<p class="note">${count(all.length - MOST_LISTED)} more</p>`}
    </nav>
  `;
}

function Session({ one }) {
  const { key, attempts, refused, messages, open: isOpen } = one;
  const facts = [
    `${count(attempts)} ${attempts === 1 ? "attempt" : "attempts"}`,
    refused > 0 && `${count(refused)} refused`,
    `${count(messages)} ${messages === 1 ? "message" : "messages"}`,
  ];
  return html`
    <li>
      <button aria-current=${session()?.key === key ? "true" : undefined} onClick=${() => choose(key)}>
        <span class="session-name"><${Icon} name=${isOpen ? "open" : "close"} />${visible(withoutMasked(nameOf(one)))}</span>
        <span class="session-facts">${isOpen ? "connected" : "not connected"}, ${facts.filter(Boolean).join(", ")}</span>
        ${one.namespace && html`<span class="session-facts">namespace ${one.namespace}</span>`}
      </button>
    </li>
  `;
}

const nameOf = ({ endpoint, path, key }) => {
  if (!endpoint || path.startsWith(endpoint)) return path || `client ${key}`;
  return `${endpoint} ${path}`;
};

/** A name without the query parameters that are masked: they tell no client from another. */
function withoutMasked(name) {
  const [path, query = ""] = name.split(/\?(.*)/s);
  const told = query.split("&").filter((one) => one && !one.endsWith("=***"));
  return told.length ? `${path}?${told.join("&")}` : path;
}

function Shown() {
  const shown = session();
  if (!shown) {
    return html`<div class="empty">
      ${
        params.value.of && listed.value.length
          ? html`<p>The page has no traffic of this client.</p>`
          : html`<p>Nobody has connected yet.</p>
            <p>A conversation shows all connections of one client, with the pauses between them.</p>`
      }
    </div>`;
  }
  const items = itemsNow();
  const { dropped } = currentStory();
  return html`
    <div class="conversation">
      <div class="bar" role="toolbar" aria-label="Conversation">
        <h2>${visible(nameOf(shown))}</h2>
        ${dropped > 0 && html`<span class="note">The first ${count(dropped)} steps are not shown.</span>`}
        <span class="spring"></span>
        ${expanded.value.size > 0 && html`<button onClick=${collapseAll}>Collapse messages</button>`}
        <button aria-pressed=${isFollowing.value} title="Stay at the end (End)"
          onClick=${() => (isFollowing.value = !isFollowing.value)}><${Icon} name="end" />Follow</button>
        <button title="Save as SVG" onClick=${() => saveSvg(shown, items)}>SVG</button>
        <button title="Save as PNG" onClick=${() => savePng(shown, items)}>PNG</button>
      </div>
      <${Diagram} items=${items} onOpen=${openItem} />
    </div>
  `;
}

const titleOf = (shown) => visible(`Conversation of ${nameOf(shown)}`);
const fileOf = (shown, ending) => `conversation-${shown.key.replace(/\W+/g, "")}.${ending}`;

function saveSvg(shown, items) {
  save(fileOf(shown, "svg"), svgBlob(svgOf(titleOf(shown), items).text));
}

async function savePng(shown, items) {
  try {
    const fitting = latestFitting(items);
    const cut = items.length - fitting.length;
    const title = cut ? `${titleOf(shown)}, without the first ${count(cut)} steps` : titleOf(shown);
    save(fileOf(shown, "png"), await pngOf(title, fitting));
  } catch (error) {
    showError(`No picture: ${error.message}`);
  }
}
