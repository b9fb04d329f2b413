/** The diagram on the page: only the items in view are in the document. */

import { visible } from "../text.js";
import { batch, html, signal, useEffect, useLayoutEffect, useRef } from "../ui.js";
import { Drawn, gapText, Heads, heightOf, lanesFor } from "./items.js";
import { PAGE } from "./palette.js";
import { active, isFollowing } from "./state.js";

const MARGIN = 200;

const size = signal({ width: 900, height: 600 });
const scrolled = signal(0);

/** The tops of the items in px, and the height of all. @param {import("./story.js").Item[]} items */
export function placesOf(items) {
  const tops = [];
  let height = 0;
  for (const item of items) {
    tops.push(height);
    height += heightOf(item);
  }
  return { tops, height };
}

/** Props: `items`, and `onOpen`, which is called with the item that is clicked. */
export function Diagram({ items, onOpen }) {
  const scroller = useRef(null);
  const { width, height } = size.value;
  const { tops, height: whole } = placesOf(items);
  const lanes = lanesFor(width);
  const top = isFollowing.value ? Math.max(0, whole - height) : scrolled.value;
  useLayoutEffect(() => {
    if (isFollowing.value) scroller.current.scrollTop = scroller.current.scrollHeight;
  });
  useEffect(() => {
    if (!isFollowing.value) scroller.current.scrollTop = scrolled.value;
    return watchSize(scroller.current);
  }, []);
  const inView = items.filter((item, at) => {
    return tops[at] + heightOf(item) > top - MARGIN && tops[at] < top + height + MARGIN;
  });
  const first = items.indexOf(inView[0]);
  const isHere = inView.some(({ id }) => id === active.value);
  return html`
    <svg class="lane-heads" width=${width} height="26" aria-hidden="true"><${Heads} ...${{ lanes, palette: PAGE }} /></svg>
    <div class="diagram" ref=${scroller} role="listbox" tabindex="0" aria-label="Conversation"
      aria-activedescendant=${isHere ? idOf(active.value) : undefined} onScroll=${onScroll}>
      <svg width=${width} height=${whole} role="presentation">
        ${inView.map(
          (item, at) => html`
            <${Drawn} key=${item.id} ...${{ item, top: tops[first + at], lanes, palette: PAGE }}
              id=${idOf(item.id)} role="option" aria-description=${describe(item)}
              aria-selected=${item.id === active.value} aria-posinset=${first + at + 1}
              aria-setsize=${items.length} onClick=${() => onOpen(item)} />
          `,
        )}
      </svg>
    </div>
  `;
}

/** Move the mark by items and scroll to it. */
export function moveBy(items, steps) {
  if (!items.length) return;
  const { tops } = placesOf(items);
  const now = items.findIndex(({ id }) => id === active.value);
  const from = now < 0 ? (steps > 0 ? -1 : items.length) : now;
  const at = Math.min(Math.max(from + steps, 0), items.length - 1);
  const scroller = document.querySelector(".diagram");
  scroller.focus({ preventScroll: true });
  batch(() => {
    isFollowing.value = false;
    active.value = items[at].id;
  });
  const begin = tops[at];
  const least = begin + heightOf(items[at]) - scroller.clientHeight;
  scroller.scrollTop = Math.min(Math.max(scroller.scrollTop, least), begin);
  scrolled.value = scroller.scrollTop;
}

const idOf = (id) => `item-${id}`;

/** What the arrow shows besides its text, and the text that may be cut there. */
function describe(item) {
  if (item.type === "gap") return gapText(item);
  if (item.type === "run") return `${item.up + item.down} messages more`;
  if (item.type === "note") return item.label;
  const from = item.isUp ? "from the client" : "from the server";
  return visible(`${item.title ?? ""} ${from}: ${item.label.slice(0, 200)}`.trim());
}

function onScroll({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) {
  batch(() => {
    scrolled.value = scrollTop;
    isFollowing.value = scrollTop + clientHeight >= scrollHeight - 8;
  });
}

function watchSize(element) {
  const observer = new ResizeObserver(() => {
    size.value = { width: element.clientWidth, height: element.clientHeight };
  });
  observer.observe(element);
  return () => observer.disconnect();
}
