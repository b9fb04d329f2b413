/**
 * Draws the items of a story. All is said in attributes, so that a picture needs no style sheet;
 * colours come as a palette.
 */

import { count, duration, timeOfDay, visible } from "../text.js";
import { html } from "../ui.js";
import { labelOf } from "./story.js";

const FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const SIZE = 11.5;
/** The width of a character of this font and size, in px. */
const CHARACTER = 6.95;
const CLIENT = 160;
const HEIGHTS = { arrow: 30, run: 26, note: 24, gap: 36 };
const FIRST_OF_ATTEMPT = 44;

/** The height of an item in px. */
export const heightOf = (item) => (item.title ? FIRST_OF_ATTEMPT : HEIGHTS[item.type]);

/** Where the lanes are, for a width in px. */
export function lanesFor(width) {
  const notes = Math.min(280, Math.max(130, width * 0.25));
  return { width, client: CLIENT, server: Math.max(CLIENT + 160, width - notes) };
}

/** The heads of the lanes, 26 px high. */
export function Heads({ lanes, palette }) {
  const head = (x, text) => html`
    <rect x=${x - 40} y="3" width="80" height="20" rx="5" fill=${palette.raised} stroke=${palette.line} />
    <${Text} x=${x} y="17" anchor="middle" fill=${palette.text} bold text=${text} />
  `;
  return html`${head(lanes.client, "client")}${head(lanes.server, "server")}`;
}

/** One item at the top of its place; `top` says where that is. */
export function Drawn({ item, top, lanes, palette, ...rest }) {
  const height = heightOf(item);
  const Shape = SHAPES[item.type];
  return html`
    <g transform="translate(0 ${top})" ...${rest}>
      <rect width=${lanes.width} height=${height} fill=${rest["aria-selected"] ? palette.selected : "transparent"} />
      ${[lanes.client, lanes.server].map((x) => html`<${Lifeline} ...${{ x, height, item, palette }} />`)}
      <${Shape} ...${{ item, lanes, palette, height }} />
    </g>
  `;
}

function Lifeline({ x, height, item, palette }) {
  // A line begins and ends where the arrow is that opens or closes it.
  const middle = height - 9;
  const line = (from, to, isOpen) =>
    to > from &&
    html`<line x1=${x} x2=${x} y1=${from} y2=${to} stroke=${isOpen ? palette.accent : palette.soft}
      stroke-width=${isOpen ? 3 : 1} stroke-dasharray=${isOpen ? undefined : "2 4"} />`;
  return html`${line(0, middle, item.wasOpen)}${line(middle, height, item.isOpen)}`;
}

function Arrow({ item, lanes, palette, height }) {
  const { client, server } = lanes;
  const y = height - 9;
  const colour = palette[item.tone];
  const [from, to] = item.isUp ? [client + 3, server - 3] : [server - 3, client + 3];
  const end = item.isBroken ? (from + to) / 2 : to;
  const back = item.isUp ? -7 : 7;
  const head = item.isBroken
    ? `M${end - 4} ${y - 4}l8 8m0 -8l-8 8`
    : `M${end + back} ${y - 4}L${end} ${y}L${end + back} ${y + 4}`;
  return html`
    <${Times} ...${{ item, palette, y: y + 4 }} />
    ${item.title && html`<${Text} x="8" y=${y - 14} fill=${palette.text} bold text=${item.title} />`}
    <line x1=${from} x2=${end} y1=${y} y2=${y} stroke=${colour} stroke-width="1.3"
      stroke-dasharray=${item.isDashed || item.isBroken ? "4 3" : undefined} />
    <path d=${head} fill="none" stroke=${colour} stroke-width="1.5" />
    <${Room} x=${client + 12} y=${y - 17} width=${server - client - 24}>
      ${(
        width,
      ) => html`<${Text} x=${item.isUp ? 0 : width} y="12" anchor=${item.isUp ? "start" : "end"}
        fill=${colour} text=${fit(item.label, width)} />`}
    <//>
    <${Beside} ...${{ lanes, y, fill: palette.rule, text: besides(item) }} />
  `;
}

function besides({ rule, attempt, isAmongOthers, title }) {
  const said = [
    isAmongOthers && !title && `attempt ${attempt}`,
    rule && `rule ${visible(String(rule))}`,
  ];
  return said.filter(Boolean).join(", ");
}

function Run({ item, lanes, palette }) {
  const { client, server } = lanes;
  const ways = [item.up && `${count(item.up)} ↑`, item.down && `${count(item.down)} ↓`]
    .filter(Boolean)
    .join("  ");
  const sum = item.up + item.down;
  const text = `… ${count(sum)} ${sum === 1 ? "message" : "messages"}  ${ways}  in ${duration(item.last.at - item.at)}, last: ${labelOf(item.last)}`;
  return html`
    <${Times} ...${{ item, palette, y: 17 }} />
    <rect x=${client + 8} y="4" width=${server - client - 16} height="18" rx="9"
      fill=${palette.raised} stroke=${palette.line} />
    <${Room} x=${client + 18} y="4" width=${server - client - 36}>
      ${(width) => html`<${Text} x="0" y="13" fill=${palette.text} text=${fit(text, width)} />`}
    <//>
  `;
}

function Note({ item, lanes, palette }) {
  const icon = { fault: "⚡", failed: "✕", error: "✕", passed: "✓" }[item.icon];
  return html`
    <${Times} ...${{ item, palette, y: 16 }} />
    <circle cx=${lanes.server} cy="12" r="4" fill=${palette[item.tone]} />
    <${Beside} ...${{ lanes, y: 12, fill: palette[item.tone], text: `${icon} ${item.label}` }} />
  `;
}

function Gap({ item, lanes: { client }, palette }) {
  return html`
    <${Text} x=${client + 28} y="22" fill=${palette.soft} text=${gapText(item)} />
    <path d="M${client + 14} 5v26M${client + 10} 5h8M${client + 10} 31h8" fill="none" stroke=${palette.soft} />
  `;
}

/** A pause in words: its length, and how it compares with the one before. */
export function gapText({ isPending, pause, change }) {
  return [`${isPending ? "has waited" : "waited"} ${seconds(pause)}`, change]
    .filter(Boolean)
    .join(", ");
}

function seconds(ms) {
  const digits = ms < 100 ? 3 : ms < 10_000 ? 2 : 1;
  return `${(ms / 1000).toFixed(digits)} s`;
}

const SHAPES = { arrow: Arrow, run: Run, note: Note, gap: Gap };

function Times({ item, palette, y }) {
  return html`<${Text} x="8" y=${y} fill=${palette.soft} text=${timeOfDay(item.at)} />`;
}

/** A text to the right of the server's lane. */
function Beside({ lanes, y, fill, text }) {
  if (!text) return null;
  const width = lanes.width - lanes.server - 16;
  return html`<${Room} x=${lanes.server + 12} y=${y - 9} width=${width}>
    ${() => html`<${Text} x="0" y="13" fill=${fill} text=${fit(text, width)} />`}
  <//>`;
}

/** A place that cuts what is too wide, such as characters that are wider than others. */
function Room({ x, y, width, children: draw }) {
  return html`<svg x=${x} y=${y} width=${Math.max(0, width)} height="18">${draw(Math.max(0, width))}</svg>`;
}

function Text({ x, y, text, fill, anchor = "start", bold = false }) {
  return html`<text x=${x} y=${y} fill=${fill} text-anchor=${anchor} font-family=${FONT} font-size=${SIZE}
    font-weight=${bold ? 600 : undefined}>${text}</text>`;
}

/** As much of a text as there is room for, without characters that XML cannot hold. */
function fit(text, width) {
  const most = Math.max(1, Math.floor(width / CHARACTER));
  const cut = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return cut.toWellFormed().replace(/[\ufffe\uffff]/g, "\ufffd");
}
