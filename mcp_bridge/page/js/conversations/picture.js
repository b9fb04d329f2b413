/** The conversation as a picture that stands alone: SVG or PNG. */

import { html, render } from "../ui.js";
import { placesOf } from "./diagram.js";
import { Drawn, Heads, lanesFor } from "./items.js";
import { fixedPalette } from "./palette.js";

const WIDTH = 1000;
const HEAD = 64;
const FOOT = 16;
const TYPE = "image/svg+xml";

/** The most pixels of a canvas in one direction that all browsers have. */
const MOST_PIXELS = 16_000;
const SHARPNESS = 2;

/**
 * The picture as SVG, with all that it needs in it.
 * @param {string} title
 * @param {import("./story.js").Item[]} items
 * @returns {{text: string, height: number}}
 */
export function svgOf(title, items) {
  const palette = fixedPalette();
  const lanes = lanesFor(WIDTH);
  const { tops, height } = placesOf(items);
  const whole = HEAD + height + FOOT;
  const holder = document.createElement("div");
  render(
    html`
      <svg xmlns="http://www.w3.org/2000/svg" width=${WIDTH} height=${whole} viewBox="0 0 ${WIDTH} ${whole}">
        <rect width=${WIDTH} height=${whole} fill=${palette.back} />
        <text x="8" y="22" fill=${palette.text} font-family="system-ui, sans-serif" font-size="14"
          font-weight="600">${title}</text>
        <g transform="translate(0 34)"><${Heads} ...${{ lanes, palette }} /></g>
        ${items.map((item, at) => html`<${Drawn} ...${{ item, top: HEAD + tops[at], lanes, palette }} />`)}
      </svg>
    `,
    holder,
  );
  const text = new XMLSerializer().serializeToString(holder.firstElementChild);
  render(null, holder);
  return { text, height: whole };
}

/** The items from the end on that a PNG has room for. */
export function latestFitting(items) {
  const { tops, height } = placesOf(items);
  const room = MOST_PIXELS - HEAD - FOOT;
  return items.slice(tops.findIndex((top) => height - top <= room));
}

/** The picture as PNG. @returns {Promise<Blob>} */
export async function pngOf(title, items) {
  const { text, height } = svgOf(title, items);
  const scale = Math.min(SHARPNESS, MOST_PIXELS / height);
  const address = URL.createObjectURL(new Blob([text], { type: TYPE }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(WIDTH * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((take) => canvas.toBlob(take, "image/png"));
    if (!blob) throw new Error("The browser cannot draw a picture of this size.");
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Let the browser keep a file. @param {string} name @param {Blob} blob */
export function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Not at once: the browser reads it a little later.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const svgBlob = (text) => new Blob([text], { type: TYPE });
