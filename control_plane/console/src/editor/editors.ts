/** Everything that stands on the editor library, in one file to fetch. */
export { CodeEditor } from "./code-editor";
export { DiffView } from "./diff-view";
