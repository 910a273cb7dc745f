import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";

interface Props {
  label: string;
  value: string;
  change: (value: string) => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

/** `/` goes here from anywhere on the page, Escape empties it. */
export function SearchBox({ label, value, change, onKeyDown }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, []);
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && value !== "") {
      event.preventDefault();
      change("");
    } else onKeyDown?.(event);
  };
  return (
    <div class="search">
      <Icon name="search" />
      <input ref={input} type="search" aria-label={label} placeholder={label} value={value} onInput={(event) => change(event.currentTarget.value)} onKeyDown={keyDown} />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
