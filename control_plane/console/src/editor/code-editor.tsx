import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { liquid } from "@codemirror/lang-liquid";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "preact/hooks";
import { appearance } from "./appearance";
import { completeFrom } from "./completion";
import type { Vocabulary } from "./vocabulary";

export interface Mark {
  from: number;
  to: number;
  message: string;
}

export interface CodeEditorProps {
  label: string;
  language: "liquid" | "json";
  /** What stands in it at first; from then on the editor itself holds the text, so that no keystroke is ever overtaken. */
  initial: string;
  change: (value: string) => void;
  vocabulary: Vocabulary;
  marks: readonly Mark[];
  readOnly?: boolean;
  describedBy?: string;
  /** Puts the text in shape, where its language has one. */
  format?: () => void;
}

/** Text with Liquid in it: coloured, completed, and marked where it does not hold. */
export function CodeEditor({ label, language, initial, change, vocabulary, marks, readOnly = false, describedBy, format }: CodeEditorProps) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ change, vocabulary, format });
  latest.current = { change, vocabulary, format };
  const editable = useRef(new Compartment());
  useEffect(() => {
    if (parent.current === null) return undefined;
    const made = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        doc: initial,
        extensions: [
          language === "json" ? [lineNumbers(), lintGutter(), liquid({ base: json() })] : liquid(),
          keymap.of([{ key: "Shift-Alt-f", run: () => (latest.current.format?.(), true) }]),
          ...writing(() => latest.current.vocabulary),
          EditorView.contentAttributes.of({ "aria-label": label, ...(describedBy ? { "aria-describedby": describedBy } : {}) }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.change(update.state.doc.toString());
          }),
          editable.current.of(editing(readOnly)),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [language, label]);
  useEffect(() => view.current?.dispatch({ effects: editable.current.reconfigure(editing(readOnly)) }), [readOnly]);
  useEffect(() => {
    const current = view.current;
    if (current !== null) current.dispatch(setDiagnostics(current.state, marks.map((mark) => diagnostic(mark, current.state.doc.length))));
  }, [marks]);
  return <div ref={parent} class={`editor ${marks.length > 0 ? "invalid" : ""}`} />;
}

function writing(vocabulary: () => Vocabulary): Extension[] {
  return [
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    EditorView.lineWrapping,
    autocompletion({ override: [completeFrom(vocabulary)], activateOnTyping: true }),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
    appearance(),
  ];
}

function editing(readOnly: boolean): Extension {
  return [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)];
}

function diagnostic(mark: Mark, length: number): Diagnostic {
  const from = Math.min(mark.from, length);
  return { from, to: Math.max(from, Math.min(mark.to, length)), severity: "error", message: mark.message };
}
