/** The editor is large, so it is fetched when one is first shown; until then a plain box has its place. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { CodeEditorProps } from "./code-editor";
import type { DiffProps } from "./diff-view";

type Module = typeof import("./editors");

let loaded: Module | null = null;

function useEditors(): Module | null {
  const [module, setModule] = useState(loaded);
  useEffect(() => {
    if (loaded === null) {
      void import("./editors").then((found) => {
        loaded = found;
        setModule(found);
      });
    }
  }, []);
  return module;
}

export function CodeEditor(props: CodeEditorProps) {
  const Editor: ComponentType<CodeEditorProps> | undefined = useEditors()?.CodeEditor;
  return Editor === undefined ? <pre class="editor-wait">{props.initial}</pre> : <Editor {...props} />;
}

export function DiffView(props: DiffProps) {
  const Diff: ComponentType<DiffProps> | undefined = useEditors()?.DiffView;
  return Diff === undefined ? <pre class="editor-wait">{props.after}</pre> : <Diff {...props} />;
}
