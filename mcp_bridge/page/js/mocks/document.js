/** One endpoint in the editor: its text, its versions, and what is wrong with it. */

import { batch, computed, effect, signal } from "../ui.js";
import { recall, remember, withVersion } from "./versions.js";

export const NEW_NAME = "";

const PAUSE_MS = 300;

/** The documents that were opened, by their keys. A page has few of them. @type {Map<string, Document>} */
const opened = new Map();

/** The document of an endpoint. @param {string | null} namespace @param {string} name "": a new one */
export function documentOf(namespace, name) {
  const key = `${namespace ?? ""}/${name}`;
  if (!opened.has(key)) opened.set(key, new Document(key, namespace, name));
  return opened.get(key);
}

/** The documents with changes that are not applied, by namespace. */
export const unapplied = () => [...opened.values()].filter((one) => one.isChanged.value);

class Document {
  constructor(key, namespace, name) {
    const kept = recall(key);
    this.namespace = namespace;
    this.name = name;
    /** What is written; null: it is not loaded yet. */
    this.text = signal(kept?.text ?? null);
    this.seed = signal(kept?.seed ?? "0");
    /** @type {import("../ui.js").Signal<import("./versions.js").Version[]>} */
    this.versions = signal(kept?.versions ?? []);
    /** The id of the version in force. */
    this.current = signal(kept?.current ?? null);
    /** The last `EndpointModel` of the server; null: it is not in force, or not known yet. */
    this.model = signal(null);
    /** The version from elsewhere that came while somebody wrote. */
    this.conflict = signal(null);
    /** What the check of the text found: `{of, problems}`; `of` is the text. */
    this.checked = signal(null);
    /** The state of the editor, so that a return finds the cursor and the steps of typing. */
    this.editorState = null;
    /** What is being done with the server, see `work.js`. */
    this.busy = Promise.resolve();
    /** Where the cursor is. */
    this.cursor = 0;
    /** Where the editor shall put the cursor, once. */
    this.goTo = signal(null);
    this.inForce = computed(() => this.version(this.current.value));
    this.isChanged = computed(() => {
      if (this.text.value === null) return false;
      const { text, seed } = this.inForce.value ?? { text: null, seed: "0" };
      return this.text.value !== (text ?? "") || (text !== null && this.seed.value !== seed);
    });
    this.#rememberSoon(key);
  }

  /** Keep everything a moment after each change, and when the page is left. */
  #rememberSoon(key) {
    let timer = null;
    let latest = null;
    const flush = () => {
      clearTimeout(timer);
      if (latest) remember(key, latest);
      latest = null;
    };
    effect(() => {
      const [versions, current] = [this.versions.value, this.current.value];
      const [text, seed] = [this.text.value, this.seed.value];
      if (text === null && !versions.length) return;
      latest = { versions, current, text, seed };
      clearTimeout(timer);
      timer = setTimeout(flush, PAUSE_MS);
    });
    addEventListener("pagehide", flush);
  }

  version(id) {
    return this.versions.value.find((one) => one.id === id) ?? null;
  }

  /** The version that was in force before the current one, if it is still kept. */
  get before() {
    return this.version(this.inForce.value?.before ?? null);
  }

  /** Add a version that is in force from now on. */
  enforce(version) {
    batch(() => {
      this.versions.value = withVersion(
        this.versions.value,
        { ...version, before: this.current.value },
        this.current.value,
      );
      this.current.value = this.versions.value.at(-1).id;
    });
  }

  /** Keep what is written, if nothing else has it. */
  keep() {
    const [text, seed] = [this.text.value, this.seed.value];
    if (!text || this.versions.value.some((one) => one.text === text)) return;
    const kept = { by: "kept", text, seed, definition: null, before: null };
    this.versions.value = withVersion(this.versions.value, kept, this.current.value);
  }

  /** Show the text of a version. */
  show({ text, seed }) {
    batch(() => {
      this.text.value = text;
      this.seed.value = seed;
      this.conflict.value = null;
    });
  }
}
