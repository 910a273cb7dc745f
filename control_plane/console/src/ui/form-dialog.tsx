import type { ComponentChildren } from "preact";
import { Dialog } from "./dialog";

interface Props {
  title: string;
  wide?: boolean;
  close: () => void;
  submit: (event: Event) => Promise<void>;
  /** What the button says that submits it. */
  confirm: string;
  disabled?: boolean;
  children: ComponentChildren;
}

/** A dialog with fields to fill in, which is submitted or cancelled. */
export function FormDialog({ title, wide = false, close, submit, confirm, disabled = false, children }: Props) {
  return (
    <Dialog title={title} wide={wide} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <div class="dialog-body">{children}</div>
        <footer>
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={disabled}>
            {confirm}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
