/** A list that keeps the newest items. An item has its index for ever, also when others go. */
export class Ring {
  /** @param {number} capacity the most items it keeps */
  constructor(capacity) {
    this.capacity = capacity;
    /** The index of the oldest item that is kept. */
    this.first = 0;
    /** The index that the next item gets. */
    this.end = 0;
    this.items = [];
  }

  get length() {
    return this.end - this.first;
  }

  /** Add an item. If the list is full, the oldest one goes. */
  push(item) {
    this.items[this.end % this.capacity] = item;
    this.end += 1;
    if (this.length > this.capacity) this.first = this.end - this.capacity;
  }

  /** The item at an index, or undefined if it is gone or has not come yet. */
  at(index) {
    if (index < this.first || index >= this.end) return undefined;
    return this.items[index % this.capacity];
  }

  /** Forget the items before an index. */
  dropBefore(index) {
    for (const end = Math.min(index, this.end); this.first < end; this.first += 1) {
      this.items[this.first % this.capacity] = undefined;
    }
  }
}
