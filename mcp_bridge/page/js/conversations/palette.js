/** The colours of the diagram by what they mean: those of the page, or as fixed values. */

const NAMES = [
  "back",
  "raised",
  "line",
  "text",
  "soft",
  "accent",
  "selected",
  "received",
  "sent",
  "good",
  "bad",
  "rule",
  "fault",
];

/** For the page: they follow its theme. */
export const PAGE = Object.fromEntries(NAMES.map((name) => [name, `var(--${name})`]));

/** The same colours as they are now, for a picture that stands alone. */
export function fixedPalette() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const found = NAMES.map((name) => {
    probe.style.color = PAGE[name];
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(found);
}
