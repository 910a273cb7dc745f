import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colors = HighlightStyle.define([
  { tag: [tags.propertyName, tags.attributeName], color: "var(--code-name)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-value)" },
  { tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [tags.variableName, tags.definition(tags.variableName)], color: "var(--code-variable)" },
  { tag: [tags.function(tags.variableName), tags.modifier], color: "var(--code-function)" },
  { tag: [tags.comment, tags.meta], color: "var(--quiet)" },
]);

const frame = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--field)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "var(--mono)", caretColor: "var(--text)", padding: "8px 0" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--quiet)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--line)", borderRadius: "8px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { color: "inherit", opacity: "0.75", fontStyle: "normal", marginLeft: "10px" },
  ".cm-diagnostic": { fontFamily: "var(--sans)" },
  ".cm-changedLine": { backgroundColor: "var(--diff-line) !important" },
  ".cm-deletedChunk": { backgroundColor: "var(--diff-removed)" },
  "&.cm-merge-a .cm-changedLine": { backgroundColor: "var(--diff-removed) !important" },
  "&.cm-merge-b .cm-changedLine": { backgroundColor: "var(--diff-added) !important" },
  "&.cm-merge-a .cm-changedText": { background: "var(--diff-removed-text)" },
  "&.cm-merge-b .cm-changedText": { background: "var(--diff-added-text)" },
  ".cm-collapsedLines": { background: "var(--shade)", color: "var(--quiet)" },
  ".cm-collapsedLines::before, .cm-collapsedLines::after": { content: '"⋯"', margin: "0 6px" },
});

/** Styles are allowed by the page's nonce, since nothing else may add any. */
export function plainAppearance(): Extension {
  const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";
  return [EditorView.cspNonce.of(nonce), frame];
}

export function appearance(): Extension {
  return [plainAppearance(), syntaxHighlighting(colors)];
}
