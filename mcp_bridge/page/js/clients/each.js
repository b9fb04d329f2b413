const AT_ONCE = 4;

/**
 * Do something for each item, for a few at a time.
 * @template T, R
 * @param {T[]} items
 * @param {(item: T) => Promise<R>} act
 * @returns {Promise<R[]>} in the order of the items
 */
export async function each(items, act) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await act(items[at]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
