/** Dark or light: as the system says, until somebody chooses. */

import { signal } from "./ui.js";

const KEY = "theme";
const CHOICES = ["system", "light", "dark"];

/** "system", "light" or "dark". */
export const theme = signal(CHOICES.includes(recall()) ? recall() : "system");

export function applyTheme() {
  const root = document.documentElement;
  if (theme.value === "system") delete root.dataset.theme;
  else root.dataset.theme = theme.value;
}

/** Go on to the next of system, light and dark. */
export function switchTheme() {
  theme.value = CHOICES[(CHOICES.indexOf(theme.value) + 1) % CHOICES.length];
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  applyTheme();
}

function recall() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
