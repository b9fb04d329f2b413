/** The dialogs of the editor: versions, differences before something is replaced, and removing. */

import { Dialog } from "../parts/dialog.js";
import { DiffView } from "../parts/diff_view.js";
import { count, timeOfDay, visible } from "../text.js";
import { html, useState } from "../ui.js";
import { question, remove } from "./work.js";

const SAID = {
  found: "found in force",
  you: "applied here",
  elsewhere: "changed elsewhere",
  kept: "written here, not applied",
};

const GONE = { found: "not there yet", you: "removed here", elsewhere: "removed elsewhere" };

const saidOf = ({ text, by }) => (text === null ? GONE[by] : SAID[by]);

/** All versions that are kept, newest first. */
export function Versions({ document, onClose }) {
  const versions = document.versions.value.toReversed();
  const [chosen, choose] = useState(document.before ?? versions[0]);
  const load = () => {
    document.keep();
    document.show(chosen);
    onClose();
  };
  return html`
    <${Dialog} title="Versions of ${document.name}" wide onClose=${onClose}>
      <p class="note">This tab keeps the last ${count(30)}. Choose one to see how it differs from what is in the editor.</p>
      <ol class="versions">
        ${versions.map(
          (one) => html`
          <li key=${one.id}>
            <button aria-pressed=${one === chosen} onClick=${() => choose(one)}>
              ${timeOfDay(one.at).slice(0, 8)} ${saidOf(one)}
              ${one.id === document.current.value && html` <strong>in force</strong>`}
            </button>
          </li>
        `,
        )}
      </ol>
      ${
        chosen &&
        html`
        <${DiffView} before=${chosen.text ?? ""} after=${document.text.value ?? ""}
          beforeTitle="this version" afterTitle="the editor" />
        ${chosen.text !== null && html`<p><button onClick=${load}>Put it into the editor</button></p>`}
      `
      }
    <//>
  `;
}

/** What is in force and what is in the editor. */
export function Differences({ document, onClose }) {
  const { text } = document.inForce.value ?? { text: "" };
  return html`
    <${Dialog} title="What is not applied" wide onClose=${onClose}>
      <${DiffView} before=${text ?? ""} after=${document.text.value ?? ""} beforeTitle="in force" afterTitle="the editor" />
    <//>
  `;
}

/** Asks before something is replaced that the reader has not seen. */
export function Question() {
  const asked = question.value;
  if (!asked) return null;
  const close = () => (question.value = null);
  const answer = (act) => () => {
    close();
    act();
  };
  return html`
    <${Dialog} title=${asked.title} wide onClose=${close}>
      <p>What you replace stays in the list of versions.</p>
      <${DiffView} before=${asked.theirs} after=${asked.mine} beforeTitle="in force" afterTitle="yours" />
      <p class="buttons">
        <button class="main" onClick=${answer(asked.act)}>${asked.does}</button>
        ${asked.instead && html`<button onClick=${answer(asked.instead)}>Take what is in force</button>`}
        <button onClick=${close}>Cancel</button>
      </p>
    <//>
  `;
}

export function RemoveDialog({ document, onClose }) {
  const { clients_connected = 0, file } = document.model.value ?? {};
  const act = () => {
    onClose();
    remove(document);
  };
  return html`
    <${Dialog} title="Remove ${visible(document.name)}?" onClose=${onClose}>
      <p>${
        clients_connected
          ? `${count(clients_connected)} of its connections stay open, but nothing answers them.`
          : "No client is connected to it."
      } Undo brings it back.</p>
      ${file && html`<p>It stays in <code>${file}</code>, and is back when that file changes.</p>`}
      <p class="buttons">
        <button class="main" onClick=${act}>Remove it</button><button onClick=${onClose}>Cancel</button>
      </p>
    <//>
  `;
}
