/** The editor of one document: CodeMirror in a shadow root, where the policy lets it have its style. */

import { html, useEffect, useRef } from "../ui.js";
import { complete } from "./completion.js";
import { loadEditor } from "./yaml_text.js";

/** Props: `document`, `onApply`. Give it a key, so that each document has its own. */
export function Editor({ document, onApply }) {
  const host = useRef(null);
  const latest = useRef(onApply);
  latest.current = onApply;
  useEffect(() => {
    let stop = null;
    let isGone = false;
    loadEditor().then((library) => {
      if (!isGone) stop = show(library, host.current, document, () => latest.current());
    });
    return () => {
      isGone = true;
      stop?.();
    };
  }, [document]);
  return html`<div class="editor" ref=${host}></div>`;
}

function show(library, host, document, apply) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const { EditorView } = library;
  const view = new EditorView({ state: stateOf(library, document, apply), parent: root, root });
  const stops = [
    document.text.subscribe((text) => replace(view, text ?? "")),
    document.checked.subscribe((checked) => mark(library, view, checked)),
    document.goTo.subscribe((place) => place !== null && go(library, view, document, place)),
  ];
  return () => {
    for (const stop of stops) stop();
    document.editorState = view.state;
    view.destroy();
  };
}

/** The state that the document was left with, or a new one; for this view. */
function stateOf({ EditorState, StateEffect, ...library }, document, apply) {
  const inside = extensions(library, document, apply);
  const left = document.editorState;
  if (!left) return EditorState.create({ doc: document.text.peek() ?? "", extensions: inside });
  return left.update({ effects: StateEffect.reconfigure.of(inside) }).state;
}

function extensions(library, document, apply) {
  const { EditorView, Prec, autocompletion, basicSetup, indentUnit, keymap, lintGutter, yaml } =
    library;
  const save = { key: "Mod-s", preventDefault: true, run: () => (apply(), true) };
  return [
    Prec.highest(keymap.of([save])),
    basicSetup,
    keymap.of([library.indentWithTab]),
    yaml(),
    indentUnit.of("  "),
    autocompletion({ override: [complete], icons: false }),
    lintGutter(),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": "Definition as YAML" }),
    EditorView.domEventHandlers({
      beforeinput: (event, view) => typeOver(EditorView, event, view),
    }),
    EditorView.updateListener.of((update) => {
      document.cursor = update.state.selection.main.head;
      if (update.docChanged) document.text.value = update.state.doc.toString();
    }),
    ...theme(library),
  ];
}

/** Replace the selection ourselves: the browser would give the new text a style, which is refused. */
function typeOver({ inputHandler }, event, view) {
  const { from, to, empty } = view.state.selection.main;
  if (event.inputType !== "insertText" || empty || event.isComposing || !event.data) return false;
  const insert = () =>
    view.state.update(view.state.replaceSelection(event.data), {
      userEvent: "input.type",
      scrollIntoView: true,
    });
  const isHandled = view.state
    .facet(inputHandler)
    .some((handle) => handle(view, from, to, event.data, insert));
  if (!isHandled) view.dispatch(insert());
  event.preventDefault();
  return true;
}

/** Show a text that came from elsewhere. It is one step of typing, which can be undone. */
function replace(view, text) {
  const now = view.state.doc.toString();
  if (now === text) return;
  let from = 0;
  while (from < now.length && from < text.length && now[from] === text[from]) from += 1;
  let [to, end] = [now.length, text.length];
  while (to > from && end > from && now[to - 1] === text[end - 1]) {
    to -= 1;
    end -= 1;
  }
  view.dispatch({ changes: { from, to, insert: text.slice(from, end) } });
}

function mark({ setDiagnostics }, view, checked) {
  if (!checked || checked.of !== view.state.doc.toString()) return;
  const diagnostics = checked.problems.map(({ from, to, severity, text, place }) => ({
    from,
    to: Math.max(from, to),
    severity,
    message: place ? `${place}: ${text}` : text,
  }));
  view.dispatch(setDiagnostics(view.state, diagnostics));
}

function go({ EditorView }, view, document, place) {
  const at = Math.min(place, view.state.doc.length);
  view.dispatch({
    selection: { anchor: at },
    effects: EditorView.scrollIntoView(at, { y: "center" }),
  });
  view.focus();
  document.goTo.value = null;
}

function theme({ EditorView, HighlightStyle, syntaxHighlighting, tags }) {
  const colours = HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--rule)" },
    { tag: [tags.string, tags.content], color: "var(--sent)" },
    { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--received)" },
    { tag: tags.comment, color: "var(--soft)" },
    {
      tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace],
      color: "var(--soft)",
    },
  ]);
  const looks = EditorView.theme({
    "&": {
      height: "100%",
      color: "var(--text)",
      backgroundColor: "var(--back)",
      fontSize: "12.5px",
    },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
    ".cm-content": { caretColor: "var(--text)" },
    ".cm-cursor": { borderLeftColor: "var(--text)" },
    ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--soft)", border: "none" },
    ".cm-activeLine, .cm-activeLineGutter": {
      backgroundColor: "color-mix(in srgb, var(--pressed) 55%, transparent)",
    },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
      {
        backgroundColor: "var(--selected)",
      },
    ".cm-tooltip": {
      backgroundColor: "var(--raised)",
      color: "var(--text)",
      border: "1px solid var(--line)",
    },
    ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
      backgroundColor: "var(--selected)",
      color: "var(--text)",
    },
    ".cm-completionInfo": { maxWidth: "340px", fontFamily: "var(--sans)" },
    ".cm-diagnostic": { fontFamily: "var(--sans)", padding: "4px 8px" },
    ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
    ".cm-diagnostic-warning": { borderLeftColor: "var(--fault)" },
    ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
    ".cm-panel button, .cm-textfield": {
      backgroundImage: "none",
      backgroundColor: "var(--back)",
      color: "var(--text)",
      border: "1px solid var(--line)",
    },
    ".cm-searchMatch": { backgroundColor: "var(--selected)" },
    ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--pressed)" },
    ".cm-foldPlaceholder": {
      backgroundColor: "var(--pressed)",
      border: "none",
      color: "var(--soft)",
    },
  });
  return [looks, syntaxHighlighting(colours)];
}
