/** What every module draws with: Preact, hooks and signals, and `html` for templates. */

import { h, htm } from "../vendor/ui.js";

export * from "../vendor/ui.js";

/** A template of elements. Void elements need their slash, as in `<img />`. */
export const html = htm.bind(h);
