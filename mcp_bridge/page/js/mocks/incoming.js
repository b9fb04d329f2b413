/** Takes drafts of rules, also while the view of mocks is not loaded yet. */

import { takeDrafts } from "../drafts.js";
import { namespace, open, setParams } from "../route.js";
import { signal } from "../ui.js";

/** The draft that the view has still to show. @type {import("../ui.js").Signal<object | null>} */
export const incoming = signal(null);

/** Begin to take drafts. Once for each page. */
export function takeDraftsOfRules() {
  takeDrafts((draft) => {
    incoming.value = draft;
    const wanted = draft.namespace ?? "";
    open("mocks");
    if (namespace.value !== "*" && namespace.value !== wanted) setParams({ namespace: wanted });
  });
}
