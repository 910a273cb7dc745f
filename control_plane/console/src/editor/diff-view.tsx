import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "preact/hooks";
import { plainAppearance } from "./appearance";

export interface DiffProps {
  before: string;
  after: string;
  titles: [string, string];
}

/** Two texts side by side; what is the same on both is folded away. */
export function DiffView({ before, after, titles }: DiffProps) {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (parent.current === null) return undefined;
    const view = new MergeView({
      parent: parent.current,
      a: { doc: before, extensions: reading(titles[0]) },
      b: { doc: after, extensions: reading(titles[1]) },
      collapseUnchanged: { margin: 3, minSize: 6 },
      gutter: true,
    });
    return () => view.destroy();
  }, [before, after]);
  return <div ref={parent} class="diff" />;
}

function reading(title: string) {
  return [
    lineNumbers(),
    EditorView.lineWrapping,
    EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({ "aria-label": title, tabindex: "0" }),
    // Where both differ the colours say so, and those of the language would be hard to read upon them.
    plainAppearance(),
  ];
}
