/** The mocks: the list of endpoints, and the editor of one. */

import { useKeys } from "../keys.js";
import { namespace, open, params } from "../route.js";
import { showError } from "../toasts.js";
import { html, useEffect, useState } from "../ui.js";
import { followCatalogue, lists } from "./catalogue.js";
import { Bench } from "./bench.js";
import { Question } from "./dialogs.js";
import { documentOf, NEW_NAME } from "./document.js";
import { TEMPLATE, withRule } from "./drafts.js";
import { incoming } from "./incoming.js";
import { List } from "./list.js";
import { apply, look } from "./work.js";
import { loadEditor, textOf } from "./yaml_text.js";

export function View() {
  const chosen = chosenDocument();
  const isReady = useReady(chosen);
  useEffect(followCatalogue, []);
  useEffect(() => {
    if (incoming.value) takeDraft(incoming.value).catch((error) => showError(error.message));
  }, [incoming.value]);
  useEffect(() => applyByKey(chosen), [chosen]);
  useKeys("Mocks", [
    {
      keys: "n",
      does: "new endpoint",
      act: () => open("mocks", { new: "1", in: params.value.in ?? "" }),
    },
    { keys: "ArrowDown j", does: "next endpoint", act: () => step(1, chosen) },
    { keys: "ArrowUp k", does: "previous endpoint", act: () => step(-1, chosen) },
  ]);
  return html`
    <section class="mocks" aria-label="Mocks">
      <${List} chosen=${chosen} />
      ${chosen && isReady ? html`<${Bench} key=${`${chosen.namespace}/${chosen.name}`} document=${chosen} />` : html`<${Nothing} chosen=${chosen} />`}
      <${Question} />
    </section>
  `;
}

/** The document that the address names. */
function chosenDocument() {
  const { endpoint, new: isNew } = params.value;
  const inside = namespace.value === "*" ? params.value.in || null : namespace.value || null;
  if (isNew) return documentOf(inside, NEW_NAME);
  return endpoint ? documentOf(inside, endpoint) : null;
}

/** Load the editor and what is in force; then there is something to show. */
function useReady(chosen) {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!chosen) return;
    loadEditor()
      .then(() => prepare(chosen))
      .catch((error) => showError(error.message))
      .finally(() => redraw((times) => times + 1));
  }, [chosen]);
  return chosen !== null && chosen.text.value !== null;
}

async function prepare(document) {
  if (document.name === NEW_NAME) document.text.value ??= TEMPLATE;
  else await look(document);
}

async function takeDraft({ namespace: inside, endpoint, rule }) {
  incoming.value = null;
  await loadEditor();
  const document = documentOf(inside, endpoint.name ?? NEW_NAME);
  await look(document);
  const isThere = document.text.value !== null && document.inForce.value?.text != null;
  document.keep();
  if (isThere) {
    const { text, place } = withRule(document.text.value, rule);
    document.text.value = text;
    document.goTo.value = place;
  } else document.text.value = textOf({ ...endpoint, rules: [rule] });
  const place = endpoint.name ? { endpoint: endpoint.name } : { new: "1" };
  open("mocks", { ...place, in: inside ?? "" });
}

/** Ctrl+S also works beside the editor. It does not open the dialog of the browser. */
function applyByKey(chosen) {
  const onKey = (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    event.preventDefault();
    if (chosen?.text.value) apply(chosen);
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

function step(by, chosen) {
  const name = chosen?.namespace ?? (namespace.value === "*" ? "" : namespace.value);
  const names = (lists.value[name]?.endpoints ?? []).map((one) => one.name);
  if (!names.length) return;
  const at = names.indexOf(chosen?.name ?? "");
  const next = names[Math.min(Math.max(at + by, 0), names.length - 1)];
  open("mocks", { endpoint: next, in: name });
}

function Nothing({ chosen }) {
  if (!chosen)
    return html`<p class="empty">Choose an endpoint to see and change what it does, or make a new one.</p>`;
  if (chosen.inForce.value && chosen.text.value === null) {
    return html`<p class="empty">There is no endpoint “${chosen.name}” here.</p>`;
  }
  return html`<p class="empty" role="status">Reading…</p>`;
}
