/** What the keyboard does in the editor, and the snippets that it knows. */
import { SNIPPETS } from "./snippets";

const KEYS: [string, string][] = [
  ["Ctrl+Space", "List attributes and functions within braces, snippets outside"],
  ["Tab", "Go to the next blank of a snippet"],
  ["Ctrl+S", "Save the draft"],
  ["Ctrl+Z, Ctrl+Y", "Undo, redo"],
  ["Alt+↑, Alt+↓", "Move the line"],
  ["Shift+Alt+F", "Format JSON"],
];

export function EditorHelp() {
  return (
    <details class="more-settings">
      <summary>Keys and snippets</summary>
      <dl class="pairs">
        {KEYS.map(([keys, what]) => (
          <>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <p class="quiet">Snippets: type the name, or Ctrl+Space, outside of braces.</p>
      <dl class="pairs">
        {SNIPPETS.map(({ name, about, template }) => (
          <>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>
              {about}: <code>{template.replace(/\$\{([^}]*)\}/g, "$1")}</code>
            </dd>
          </>
        ))}
      </dl>
    </details>
  );
}
