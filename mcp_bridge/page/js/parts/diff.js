/** The differences between two texts, line by line. */

const MOST_STEPS = 4_000_000;
const AROUND = 3;

/**
 * @typedef {{kind: "same" | "gone" | "new", text: string}} Line
 * @param {string} before
 * @param {string} after
 * @returns {Line[]}
 */
export function diffLines(before, after) {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  let first = 0;
  while (first < old.length && first < fresh.length && old[first] === fresh[first]) first += 1;
  let [oldEnd, freshEnd] = [old.length, fresh.length];
  while (oldEnd > first && freshEnd > first && old[oldEnd - 1] === fresh[freshEnd - 1]) {
    oldEnd -= 1;
    freshEnd -= 1;
  }
  return [
    ...old.slice(0, first).map(as("same")),
    ...middle(old.slice(first, oldEnd), fresh.slice(first, freshEnd)),
    ...old.slice(oldEnd).map(as("same")),
  ];
}

const linesOf = (text) => (text ? text.replace(/\n$/, "").split("\n") : []);
const as = (kind) => (text) => ({ kind, text });

/** By the longest common sequence; texts that are very long and different are replaced as a whole. */
function middle(old, fresh) {
  if (old.length * fresh.length > MOST_STEPS)
    return [...old.map(as("gone")), ...fresh.map(as("new"))];
  const width = fresh.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      const at = i * width + j;
      longest[at] =
        old[i] === fresh[j]
          ? longest[at + width + 1] + 1
          : Math.max(longest[at + width], longest[at + 1]);
    }
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    const at = i * width + j;
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push({ kind: "same", text: old[i] });
      i += 1;
      j += 1;
    } else if (j >= fresh.length || (i < old.length && longest[at + width] >= longest[at + 1])) {
      lines.push({ kind: "gone", text: old[i++] });
    } else lines.push({ kind: "new", text: fresh[j++] });
  }
  return lines;
}

/** Only what differs and a few lines around; a `null` stands for the lines between. */
export function shortened(lines) {
  const isNear = new Array(lines.length).fill(false);
  lines.forEach(({ kind }, at) => {
    if (kind === "same") return;
    isNear.fill(true, Math.max(0, at - AROUND), at + AROUND + 1);
  });
  const shown = [];
  lines.forEach((line, at) => {
    if (isNear[at]) shown.push(line);
    else if (shown.at(-1) !== null) shown.push(null);
  });
  return shown;
}
