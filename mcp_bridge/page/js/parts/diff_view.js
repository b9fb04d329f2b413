import { visible } from "../text.js";
import { html } from "../ui.js";
import { diffLines, shortened } from "./diff.js";

const SIGNS = { same: " ", gone: "−", new: "+" };
const SAID = { gone: "removed: ", new: "added: " };

/** Two texts and how they differ. Props: `before`, `after`, and what they are. */
export function DiffView({ before, after, beforeTitle, afterTitle }) {
  const lines = shortened(diffLines(before, after));
  if (!lines.some((line) => line && line.kind !== "same")) {
    return html`<p class="note">They do not differ.</p>`;
  }
  return html`
    <p class="diff-legend">
      <span class="gone">− ${beforeTitle}</span> <span class="new">+ ${afterTitle}</span>
    </p>
    <pre class="code diff" tabindex="0" aria-label="Differences">${lines.map((line) =>
      line === null
        ? html`<div class="between">⋯</div>`
        : html`<div class=${line.kind}><span aria-hidden="true">${SIGNS[line.kind]} </span>${
            SAID[line.kind] && html`<span class="unseen">${SAID[line.kind]}</span>`
          }${visible(line.text)}</div>`,
    )}</pre>
  `;
}
