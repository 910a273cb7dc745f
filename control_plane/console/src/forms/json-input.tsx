import { useState } from "preact/hooks";
import type { SharedAttributes } from "./input-attributes";

interface Props {
  shared: SharedAttributes;
  value: unknown;
  change: (value: unknown) => void;
}

/** A nested value as JSON; what cannot be read is said at once and not passed on. */
export function JsonInput({ shared, value, change }: Props) {
  const [text, setText] = useState(JSON.stringify(value, null, 2));
  const [isReadable, setReadable] = useState(true);
  const set = (next: string) => {
    setText(next);
    try {
      change(JSON.parse(next));
      setReadable(true);
    } catch {
      setReadable(false);
    }
  };
  return (
    <>
      <textarea {...shared} class="code" rows={6} spellcheck={false} aria-invalid={!isReadable || shared["aria-invalid"]} value={text} onInput={(event) => set(event.currentTarget.value)} />
      {!isReadable && <p class="field-faults">This is not JSON yet.</p>}
    </>
  );
}
