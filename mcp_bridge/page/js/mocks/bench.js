/** The editor with what is around it: what it is about, what can be done, what is wrong. */

import { useKeys } from "../keys.js";
import { CopyButton } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { timeOfDay, visible } from "../text.js";
import { html, useEffect, useState } from "../ui.js";
import { followChanges } from "./check.js";
import { DialectChoice } from "./dialects.js";
import { Differences, RemoveDialog, Versions } from "./dialogs.js";
import { NEW_NAME } from "./document.js";
import { Editor } from "./editor.js";
import { plural } from "./list.js";
import { Problems } from "./problems.js";
import { Rules } from "./rules.js";
import { apply, look, takeTheirs, undo } from "./work.js";

const LOOK_MS = 2_000;

/** Props: `document`. Give it a key, so that each document has its own. */
export function Bench({ document }) {
  const [dialog, setDialog] = useState(null);
  useEffect(() => followChanges(document), [document]);
  useEffect(() => {
    const timer = setInterval(
      () => window.document.hidden || look(document).catch(() => {}),
      LOOK_MS,
    );
    return () => clearInterval(timer);
  }, [document]);
  const undoOne = () => document.before && undo(document);
  useKeys("Endpoint", [
    { keys: "U", does: "put the version before in force again", act: undoOne },
    {
      keys: "v",
      does: "versions",
      act: () => document.versions.value.length && setDialog("versions"),
    },
    { keys: "e", does: "write", act: () => (document.goTo.value = 0) },
  ]);
  const close = () => setDialog(null);
  return html`
    <section class="bench" aria-label=${document.name || "New endpoint"}>
      <${Head} document=${document} onUndo=${undoOne} onDialog=${setDialog} />
      <${News} document=${document} onDialog=${setDialog} />
      <${Editor} document=${document} onApply=${() => apply(document)} />
      <${Rules} document=${document} />
      <${Problems} document=${document} />
      <p class="note hint">
        <span><kbd>Ctrl</kbd><kbd>Space</kbd> offers what can be written</span>
        <span><kbd>Ctrl</kbd><kbd>S</kbd> applies</span>
        <span><kbd>Esc</kbd><kbd>Tab</kbd> leaves the editor</span>
      </p>
      ${dialog === "versions" && html`<${Versions} document=${document} onClose=${close} />`}
      ${dialog === "remove" && html`<${RemoveDialog} document=${document} onClose=${close} />`}
      ${dialog === "differences" && html`<${Differences} document=${document} onClose=${close} />`}
    </section>
  `;
}

function Head({ document, onUndo, onDialog }) {
  const model = document.model.value;
  const { before } = document;
  return html`
    <header>
      <h2>${visible(document.name || "New endpoint")}</h2>
      <${State} document=${document} onDialog=${onDialog} />
      ${model?.clients_connected > 0 && html`<span class="note">${plural(model.clients_connected, "client")} connected</span>`}
      <span class="spring"></span>
      ${document.name === NEW_NAME && html`<${DialectChoice} document=${document} />`}
      <label class="choice" title="Of all random choices: jitter, random values in templates">
        Seed <input class="seed" value=${document.seed.value} onInput=${({ currentTarget }) => (document.seed.value = currentTarget.value)} />
      </label>
      <button class="main" title="Apply (Ctrl+S)" disabled=${!document.isChanged.value} onClick=${() => apply(document)}>
        Apply
      </button>
      <button disabled=${!before} onClick=${onUndo}
        title=${before ? `Put the version of ${timeOfDay(before.at).slice(0, 8)} in force again (Shift+U)` : "There is no version before"}>
        <${Icon} name="undo" />Undo
      </button>
      <button disabled=${!document.versions.value.length} title="Versions (v)" onClick=${() => onDialog("versions")}>Versions</button>
      ${document.name !== NEW_NAME && html`<button disabled=${!model} onClick=${() => onDialog("remove")}>Remove</button>`}
      <${CopyButton} text=${() => document.text.value} what="the definition" />
    </header>
  `;
}

function State({ document, onDialog }) {
  if (document.name === NEW_NAME) return html`<span class="note">not in force yet</span>`;
  const isThere = document.inForce.value?.text != null;
  if (!isThere) return html`<span class="unapplied"><${Icon} name="edited" />not in force</span>`;
  if (!document.isChanged.value)
    return html`<span class="good"><${Icon} name="passed" />in force</span>`;
  return html`
    <button class="quiet unapplied" title="Show what is not applied" onClick=${() => onDialog("differences")}>
      <${Icon} name="edited" />not applied
    </button>
  `;
}

/** What the reader should know before going on. */
function News({ document, onDialog }) {
  const { file } = document.model.value ?? {};
  const current = document.inForce.value;
  const isElsewhere = current?.by === "elsewhere";
  const when = isElsewhere && timeOfDay(current.at).slice(0, 8);
  return html`
    <div class="news">
      ${isElsewhere && current.text === null && html`<${Removed} when=${when} />`}
      ${isElsewhere && current.text !== null && html`<${Changed} ...${{ document, when, onDialog }} />`}
      ${file && html`<${FromFile} file=${file} />`}
    </div>
  `;
}

function Removed({ when }) {
  return html`
    <p class="warned" role="alert">
      <${Icon} name="error" />It was removed elsewhere at ${when}. Undo brings it back; Apply makes it
      anew from what is in the editor.
    </p>
  `;
}

function Changed({ document, when, onDialog }) {
  if (document.conflict.value === null) {
    return html`
      <p role="status">
        <${Icon} name="notice" />It was changed elsewhere at ${when}.
        <button onClick=${() => onDialog("versions")}>Differences</button>
      </p>
    `;
  }
  return html`
    <p class="warned" role="alert">
      <${Icon} name="error" />It was changed elsewhere at ${when}, while you were writing. Yours is kept.
      <button onClick=${() => onDialog("differences")}>Differences</button>
      <button onClick=${() => takeTheirs(document)}>Take what is in force</button>
    </p>
  `;
}

function FromFile({ file }) {
  return html`
    <p>
      <${Icon} name="notice" />
      <span>
        It is in <code>${visible(file)}</code>. What you apply here does not change that file, and lasts until the
        file changes or the server is started anew.
      </span>
    </p>
  `;
}
