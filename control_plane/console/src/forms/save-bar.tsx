/** Says whether something is unsaved, and saves it; Ctrl+S does too. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  isDirty: boolean;
  isBusy: boolean;
  label?: string;
  save: () => void;
  reset: () => void;
  children?: ComponentChildren;
}

export function SaveBar({ isDirty, isBusy, label = "Save draft", save, reset, children }: Props) {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const keyDown = (event: KeyboardEvent) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (isDirty && !isBusy) latest.current();
    };
    document.addEventListener("keydown", keyDown);
    return () => document.removeEventListener("keydown", keyDown);
  }, [isDirty, isBusy]);
  return (
    <div class="save-bar">
      <button type="button" class="primary" disabled={!isDirty || isBusy} onClick={save}>
        {isBusy ? "Saving…" : label}
      </button>
      <button type="button" disabled={!isDirty || isBusy} onClick={reset}>
        Undo changes
      </button>
      {children}
      <span class={isDirty ? "waiting" : "quiet"} role="status">
        {isDirty ? "Unsaved changes" : "Everything is saved"}
      </span>
    </div>
  );
}
