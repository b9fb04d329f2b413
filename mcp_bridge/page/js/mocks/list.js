/** The list of endpoints, by namespace. */

import { Icon } from "../parts/icon.js";
import { hrefOf } from "../route.js";
import { count, visible } from "../text.js";
import { html } from "../ui.js";
import { listed, lists, refresh } from "./catalogue.js";
import { documentOf, NEW_NAME, unapplied } from "./document.js";

/** Props: `chosen`, the document in the editor, if any. */
export function List({ chosen }) {
  const names = listed();
  return html`
    <nav class="endpoints" aria-label="Endpoints">
      <a class="new-endpoint" href=${hrefOf("mocks", { new: "1", in: names[0] })}
        aria-current=${chosen?.name === NEW_NAME ? "true" : undefined}>
        <${Icon} name="add" />New endpoint <kbd>n</kbd>
      </a>
      ${names.map((name) => html`<${Group} key=${name} name=${name} chosen=${chosen} isAlone=${names.length === 1} />`)}
    </nav>
  `;
}

function Group({ name, chosen, isAlone }) {
  const title = name || "Outside namespaces";
  if (isAlone || !name) {
    return html`
      ${!isAlone && html`<h3>${title}</h3>`}
      <${Endpoints} name=${name} chosen=${chosen} />
    `;
  }
  return html`
    <details open=${chosen?.namespace === name} onToggle=${({ currentTarget }) => currentTarget.open && refresh(name)}>
      <summary><h3>${visible(name)}</h3></summary>
      <${Endpoints} name=${name} chosen=${chosen} />
    </details>
  `;
}

function Endpoints({ name, chosen }) {
  const found = lists.value[name];
  if (!found) return html`<p class="note">Reading…</p>`;
  const namespace = name || null;
  const known = new Set(found.endpoints.map((one) => one.name));
  const gone = unapplied().filter(
    (one) => one.namespace === namespace && one.name && !known.has(one.name),
  );
  return html`
    ${found.problem && html`<p class="bad"><${Icon} name="error" />${found.problem}</p>`}
    ${!found.endpoints.length && !gone.length && html`<p class="note">No endpoints are programmed here.</p>`}
    <ul>
      ${found.endpoints.map((one) => html`<${Row} key=${one.name} endpoint=${one} namespace=${namespace} chosen=${chosen} />`)}
      ${gone.map((one) => html`<${Gone} key=${one.name} document=${one} chosen=${chosen} />`)}
    </ul>
    ${
      found.total > found.endpoints.length &&
      html`<p class="note">${count(found.total - found.endpoints.length)} more do not fit here.</p>`
    }
  `;
}

function Row({ endpoint, namespace, chosen }) {
  const { name, path, rules, script_steps, handshake_rules, http_rules } = endpoint;
  const { clients_connected, fired, unmatched } = endpoint;
  const document = documentOf(namespace, name);
  const what = [
    script_steps && `script of ${plural(script_steps, "step")}`,
    rules && plural(rules, "rule"),
    handshake_rules && plural(handshake_rules, "handshake rule"),
    http_rules && plural(http_rules, "HTTP rule"),
  ];
  return html`
    <li>
      <a href=${hrefOf("mocks", { endpoint: name, in: namespace ?? "" })}
        aria-current=${document === chosen ? "true" : undefined}>
        <strong>${visible(name)}</strong>
        ${document.isChanged.value && html`<span class="unapplied"><${Icon} name="edited" />not applied</span>`}
        <span class="facts-line">
          ${path !== name && html`<code>${visible(path)}</code>`}
          <span>${what.filter(Boolean).join(", ") || `no rules, ${unmatched}`}</span>
          ${rules > 0 && html`<span class=${fired ? "" : "never"}>${fired ? `fired ${count(fired)}×` : "never fired"}</span>`}
          ${clients_connected > 0 && html`<span class="connected">${plural(clients_connected, "client")}</span>`}
        </span>
      </a>
    </li>
  `;
}

function Gone({ document, chosen }) {
  const { name, namespace } = document;
  return html`
    <li>
      <a href=${hrefOf("mocks", { endpoint: name, in: namespace ?? "" })}
        aria-current=${document === chosen ? "true" : undefined}>
        <strong>${visible(name)}</strong><span class="unapplied"><${Icon} name="edited" />not in force</span>
      </a>
    </li>
  `;
}

export const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
