/** The top of the page: where the server is, whether the page is live, and the tabs. */

import { CopyButton } from "./parts/copy.js";
import { Icon } from "./parts/icon.js";
import { hrefOf, namespace, open, setParams, view } from "./route.js";
import { connection } from "./store/feed.js";
import { namespaces, server } from "./store/server.js";
import { switchTheme, theme } from "./theme.js";
import { html } from "./ui.js";
import { VIEWS } from "./views.js";

export function Header({ onHelp }) {
  return html`
    <header class="top">
      <h1>WebSocket mock</h1>
      <${Connection} />
      <${Address} />
      <${NamespaceChoice} />
      <span class="spring"></span>
      <button class="quiet" onClick=${switchTheme} title="Colours: ${theme.value}"
        aria-label="Colours: ${theme.value}"><${Icon} name="theme" /></button>
      <button class="quiet" onClick=${onHelp} title="Keys (?)" aria-label="Keys">
        <${Icon} name="help" />
      </button>
    </header>
    <nav class="tabs" aria-label="Views">
      ${VIEWS.map(
        ({ name, title }) => html`
          <a href=${hrefOf(name)} aria-current=${view.value === name ? "page" : undefined}
            onClick=${(event) => follow(event, name)}>${title}</a>
        `,
      )}
    </nav>
  `;
}

function follow(event, name) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(name);
}

function Connection() {
  const { state, text } = connection.value;
  return html`
    <span class="connection connection-${state}" role="status">
      <span class="dot" aria-hidden="true"></span>${text}
    </span>
  `;
}

function Address() {
  const found = server.value?.websocket_server;
  if (!found) return html`<span class="address"></span>`;
  if (!found.is_running) return html`<span class="address is-down">${found.reason}</span>`;
  return html`
    <span class="address">
      <code title="WebSocket clients connect to this address">${found.url}</code>
      <${CopyButton} text=${found.url} what="the address of the WebSocket server" />
      ${
        hasBoth(found) &&
        html`<code title="Clients with TLS connect to this address">${found.secure_url}</code>
          <${CopyButton} text=${found.secure_url} what="the address for TLS" />`
      }
    </span>
  `;
}

const hasBoth = ({ url, secure_url }) => secure_url !== null && secure_url !== url;

function NamespaceChoice() {
  const choose = (event) => {
    const chosen = event.currentTarget.value;
    setParams({ namespace: chosen === "*" ? undefined : chosen });
  };
  return html`
    <label class="choice">
      Namespace
      <select value=${namespace.value} onChange=${choose}>
        <option value="*">all</option>
        <option value="">outside namespaces</option>
        ${namespaces.value.map((name) => html`<option value=${name}>${name}</option>`)}
      </select>
    </label>
  `;
}
