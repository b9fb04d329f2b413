/** The bar between the list and the details: dragged, or moved with the arrow keys. */

import { html, signal } from "../ui.js";

const LEAST = 15;
const MOST = 80;
const STEP = 5;

/** The part of the room that the details take, in percent. */
const share = signal(45);

export function Splitter() {
  document.documentElement.style.setProperty("--detail", `${share.value}%`);
  return html`
    <div class="splitter" role="separator" tabindex="0" aria-label="Size of the details"
      aria-valuenow=${Math.round(share.value)} aria-valuemin=${LEAST} aria-valuemax=${MOST}
      onPointerDown=${(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove=${drag} onKeyDown=${move}></div>
  `;
}

function drag(event) {
  if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
  const room = event.currentTarget.parentElement.getBoundingClientRect();
  const isBeside = getComputedStyle(event.currentTarget).cursor === "col-resize";
  const taken = isBeside
    ? (room.right - event.clientX) / room.width
    : (room.bottom - event.clientY) / room.height;
  resize(taken * 100);
}

function move(event) {
  const steps = { ArrowUp: 1, ArrowLeft: 1, ArrowDown: -1, ArrowRight: -1 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  resize(share.value + steps[event.key] * STEP);
}

function resize(percent) {
  share.value = Math.min(Math.max(percent, LEAST), MOST);
}
