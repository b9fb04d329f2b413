import { Ring } from "../store/ring.js";

/** Entries that are tested before it looks at the clock. */
const AT_ONCE = 64;

/**
 * The entries of a ring that pass a test, in their order. It looks at each entry once, and at all
 * of them again, bit by bit, when the test changes; until that is done it shows the old ones.
 */
export class Matches {
  /** @param {Ring} source */
  constructor(source) {
    this.source = source;
    this.shown = new Ring(source.capacity);
    /** Grows when other entries are shown because of another test. */
    this.generation = 0;
    this.fresh = null;
    this.next = 0;
    this.test = () => true;
  }

  /**
   * Begin to look at all entries anew.
   * @param {(entry: object) => boolean} test
   * @param {number} from entries before this index are not shown
   */
  begin(test, from) {
    this.test = test;
    this.fresh = new Ring(this.source.capacity);
    this.next = from;
  }

  /**
   * Look at entries for a limited time.
   * @param {number} ms the time
   * @param {number} [end] the index before which it stops
   * @returns {boolean} whether it has looked at all of them
   */
  advance(ms, end = this.source.end) {
    const until = performance.now() + ms;
    const into = this.fresh ?? this.shown;
    this.next = Math.max(this.next, this.source.first);
    for (let tested = 1; this.next < end; this.next += 1, tested += 1) {
      const entry = this.source.at(this.next);
      if (this.test(entry)) into.push(entry);
      if (tested % AT_ONCE === 0 && performance.now() > until) {
        this.next += 1;
        return false;
      }
    }
    if (this.fresh) this.swap();
    this.dropGone();
    return true;
  }

  swap() {
    this.shown = this.fresh;
    this.fresh = null;
    this.generation += 1;
  }

  dropGone() {
    const { shown, source } = this;
    let first = shown.first;
    while (first < shown.end && shown.at(first).index < source.first) first += 1;
    shown.dropBefore(first);
  }

  /** The place among the shown of the first entry that is not before another one in the source. */
  placeOf(index) {
    let low = this.shown.first;
    let high = this.shown.end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.shown.at(middle).index < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
