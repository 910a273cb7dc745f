import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "./icons";

/** A button that opens the dialog in which something new is made. */
export function NewButton({ label, children }: { label: string; children: (close: () => void) => ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="primary" onClick={() => setOpen(true)}>
        <Icon name="plus" /> {label}
      </button>
      {isOpen && children(() => setOpen(false))}
    </>
  );
}
