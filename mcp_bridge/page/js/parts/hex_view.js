/** Bytes with their offsets and what they would be as ASCII. */

import { bytes, hex } from "../text.js";
import { html, useState } from "../ui.js";

const LINE = 16;
const AT_ONCE = 4096;

export function HexView({ data }) {
  const [shown, setShown] = useState(AT_ONCE);
  const lines = [];
  for (let at = 0; at < Math.min(shown, data.length); at += LINE) lines.push(lineOf(data, at));
  return html`
    <pre class="hex" tabindex="0" aria-label="Bytes">${lines.join("\n")}</pre>
    ${
      data.length > shown &&
      html`<button class="quiet text" onClick=${() => setShown(data.length)}>
      ${bytes(data.length - shown)} more
    </button>`
    }
  `;
}

function lineOf(data, at) {
  const piece = data.subarray(at, at + LINE);
  const offset = at.toString(16).padStart(6, "0");
  const ascii = Array.from(piece, (one) =>
    one > 0x1f && one < 0x7f ? String.fromCharCode(one) : "·",
  );
  return `${offset}  ${hex(piece).padEnd(LINE * 3)} ${ascii.join("")}`;
}
