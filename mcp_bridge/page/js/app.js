/** The shell: the header, the tabs, and the view that the address names. */

import { Header } from "./header.js";
import { Help } from "./help.js";
import { useKeys } from "./keys.js";
import { open, view } from "./route.js";
import { showError, Toasts } from "./toasts.js";
import { html, useEffect, useErrorBoundary, useState } from "./ui.js";
import { VIEWS } from "./views.js";

export function App() {
  const [isHelpOpen, setHelpOpen] = useState(false);
  useKeys("Everywhere", [
    { keys: "?", does: "show these keys", act: () => setHelpOpen(true) },
    ...VIEWS.map(({ name, title }, number) => ({
      keys: String(number + 1),
      does: `go to ${title}`,
      act: () => open(name),
    })),
  ]);
  return html`
    <div class="shell">
      <${Header} onHelp=${() => setHelpOpen(true)} />
      <main><${Opened} key=${view.value} name=${view.value} /></main>
      <${Toasts} />
      ${isHelpOpen && html`<${Help} onClose=${() => setHelpOpen(false)} />`}
    </div>
  `;
}

function Opened({ name }) {
  const [View, setView] = useState(null);
  const [error, retry] = useErrorBoundary((one) => console.error(one));
  const found = VIEWS.find((one) => one.name === name);
  useEffect(() => {
    document.title = `${found?.title ?? "?"} · WebSocket mock server`;
    found
      ?.load()
      .then((loaded) => setView(() => loaded.View))
      .catch((problem) => showError(`This view could not be loaded: ${problem.message}`));
  }, []);
  if (!found) return html`<p class="empty">There is no view “${name}”.</p>`;
  if (error) {
    return html`
      <div class="empty">
        <p>This view has stopped because of a mistake in it: ${String(error.message ?? error)}</p>
        <button onClick=${retry}>Draw it again</button>
      </div>
    `;
  }
  return View && html`<${View} />`;
}
