/** Conditions of a check on one line, as a person would say them. */

/** @param {object} conditions as they were given @returns {string} */
export function conditionsText({ entries, gaps, quiet, ...match }) {
  if (entries) {
    const how = gaps === false ? "one after the other, with none between: " : "in this order: ";
    return how + entries.map(matchText).join(" → ");
  }
  return matchText(match) + (quiet === undefined ? "" : `, until quiet for ${quiet}`);
}

const COUNTS = { exactly: "exactly", at_least: "at least", at_most: "at most" };

function matchText(match) {
  const texts = Object.entries(match).map(([key, value]) => {
    if (key in COUNTS) return `${COUNTS[key]} ${value}`;
    if (key === "never") return "never";
    return `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`;
  });
  return texts.join(", ") || "any entry";
}
