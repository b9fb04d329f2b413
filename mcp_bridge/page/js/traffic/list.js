/** The list of entries: only the rows in view are in the document. */

import { Icon } from "../parts/icon.js";
import { count } from "../text.js";
import { batch, html, signal, useEffect, useLayoutEffect, useRef } from "../ui.js";
import { COLUMNS, Row } from "./row.js";
import { drawn, matches, openDetail, selected } from "./state.js";

/** The height of a row in px, as in the style sheet. */
export const ROW = 22;

/** Rows that are drawn above and below those in view. */
const MARGIN = 4;

/** Whether the list stays at its end while entries come. */
export const isFollowing = signal(true);

/** Go to the end and stay there. */
export function goToEnd() {
  isFollowing.value = true;
}

/** The height of the heads in px. */
const HEADS = 23;

/** The height of the list without its heads, in px. */
const height = signal(600);

/** How far the list is scrolled, in px; `scrolls` grows when that is to be drawn. */
let scrolled = 0;
const scrolls = signal(0);

function scrollTo(top) {
  scrolled = top;
  scrolls.value += 1;
}

/** Scroll as little as needed to see an entry, and stay there. */
export function reveal(entry) {
  const { shown } = matches;
  const at = matches.placeOf(entry.index);
  if (shown.at(at) !== entry) return;
  const begin = (at - shown.first) * ROW;
  const least = begin + ROW - height.value;
  isFollowing.value = false;
  scrollTo(Math.min(Math.max(scrolled, least), begin));
}

/**
 * Where the list is scrolled to. As long as it does not follow, the same row stays in view, whether
 * older rows go or another filter is chosen.
 */
class Place {
  first = 0;
  generation = -1;
  /** The index of an entry in view, and how far below the top it is, in px. */
  index = 0;
  below = 0;
  /** The number of rows when the list was left to itself, to count those that are new. */
  seenEnd = 0;

  /** Return how far to scroll now. */
  settle(top, height) {
    const { shown, generation } = matches;
    const most = Math.max(0, shown.length * ROW - height);
    let wanted = top;
    if (isFollowing.value) wanted = most;
    else if (generation !== this.generation) {
      wanted = (matches.placeOf(this.index) - shown.first) * ROW - this.below;
      this.seenEnd = shown.end;
    } else wanted -= (shown.first - this.first) * ROW;
    wanted = Math.min(Math.max(0, wanted), most);
    this.first = shown.first;
    this.generation = generation;
    this.hold(wanted, height);
    if (isFollowing.value) this.seenEnd = shown.end;
    return wanted;
  }

  /** Remember a row that is in view: the selected one, or else the first. */
  hold(top, height) {
    const { shown } = matches;
    const begin = selected.value ? (matches.placeOf(selected.value.index) - shown.first) * ROW : -1;
    const isInView = begin >= top && begin < top + height;
    const entry = isInView ? selected.value : shown.at(shown.first + Math.floor(top / ROW));
    if (!entry) return;
    this.index = entry.index;
    this.below = isInView ? begin - top : -(top % ROW);
  }
}

export function List() {
  const scroller = useRef(null);
  const place = useRef(new Place()).current;
  drawn.value;
  scrolls.value;
  const { shown } = matches;
  const top = place.settle(scrolled, height.value);
  const from = shown.first + Math.max(0, Math.floor(top / ROW) - MARGIN);
  const to = Math.min(shown.end, shown.first + Math.ceil((top + height.value) / ROW) + MARGIN);

  useLayoutEffect(() => {
    if (scroller.current.scrollTop !== top) scroller.current.scrollTop = top;
    scrolled = top;
  });
  useEffect(() => watchHeight(scroller.current), []);

  const rows = [];
  for (let at = from; at < to; at += 1) rows.push(rowAt(at));
  const active =
    selected.value && shown.at(matches.placeOf(selected.value.index)) === selected.value;
  const news = shown.end - place.seenEnd;
  return html`
    <div class="list" role="grid" aria-label="Traffic" aria-rowcount=${shown.length + 1}
      aria-colcount=${COLUMNS.length} tabindex="0" ref=${scroller} onScroll=${onScroll}
      aria-activedescendant=${active ? idOf(selected.value) : undefined}>
      <div role="rowgroup" class="heads">
        <div role="row" aria-rowindex="1" class="row">
          ${COLUMNS.map(
            ({ name, title, hint }) =>
              html`<span role="columnheader" class=${name} title=${hint}>${title}</span>`,
          )}
        </div>
      </div>
      <div class="room" role="presentation" style=${{ height: `${shown.length * ROW}px` }}>
        <div class="rows" role="rowgroup" onPointerDown=${onPointerDown}
          style=${{ transform: `translateY(${(from - shown.first) * ROW}px)` }}>${rows}</div>
      </div>
    </div>
    ${
      !isFollowing.value &&
      html`<button class="to-end" onClick=${goToEnd}>
      <${Icon} name="end" />${news > 0 ? `${count(news)} new` : "To the end"}
    </button>`
    }
  `;
}

const idOf = (entry) => `entry-${entry.index}`;

function rowAt(at) {
  const { shown } = matches;
  const entry = shown.at(at);
  return html`<${Row} entry=${entry} above=${shown.at(at - 1)} id=${idOf(entry)}
    rowIndex=${at - shown.first + 2} isSelected=${entry === selected.value} />`;
}

function onScroll({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) {
  if (scrollTop === scrolled) return;
  batch(() => {
    isFollowing.value = scrollTop + clientHeight >= scrollHeight - ROW / 2;
    scrollTo(scrollTop);
  });
}

function entryUnder(event) {
  const row = event.target.closest("[data-index]");
  return row && matches.shown.at(matches.placeOf(Number(row.dataset.index)));
}

function onPointerDown(event) {
  const entry = event.button === 0 && entryUnder(event);
  if (!entry) return;
  event.currentTarget.closest("[role=grid]").focus({ preventScroll: true });
  openDetail(entry);
  reveal(entry);
}

function watchHeight(element) {
  const observer = new ResizeObserver(() => {
    const wasSeen = selected.value && isSeen(selected.value);
    height.value = element.clientHeight - HEADS;
    if (wasSeen && !isFollowing.value) reveal(selected.value);
  });
  observer.observe(element);
  return () => observer.disconnect();
}

function isSeen(entry) {
  const begin = (matches.placeOf(entry.index) - matches.shown.first) * ROW;
  return begin > scrolled - ROW && begin < scrolled + height.value;
}
