import { Icon } from "./icons";
import { complain, say } from "./toasts";

/** Puts a text where it can be pasted from, and says so. */
export function CopyButton({ text, label, said, detail }: { text: string; label: string; said: string; detail?: string }) {
  const copy = () => void navigator.clipboard.writeText(text).then(() => say(said, detail), complain);
  return (
    <button type="button" class="small" onClick={copy}>
      <Icon name="copy" /> {label}
    </button>
  );
}
