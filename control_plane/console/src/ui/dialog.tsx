import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { store, useStore } from "./store";

interface DialogProps {
  title: string;
  wide?: boolean;
  /** At the side of the screen, from top to bottom. */
  drawer?: boolean;
  close: () => void;
  children: ComponentChildren;
}

/** A modal dialog of the browser's own making: focus stays inside, Escape closes it, focus returns afterwards. */
export function Dialog({ title, wide = false, drawer = false, close, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return (
    <dialog ref={element} class={drawer ? "drawer" : wide ? "wide" : ""} aria-labelledby={heading} onCancel={(event) => (event.preventDefault(), close())}>
      <header>
        <h2 id={heading}>{title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}

export interface Question {
  title: string;
  body: ComponentChildren;
  confirm: string;
  danger?: boolean;
  /** What has to be typed before it can be confirmed. */
  typed?: string;
  /** Nothing to decide: there is only one button. */
  isNotice?: boolean;
}

const asked = store<(Question & { answer: (yes: boolean) => void }) | null>(null);

/** Asks something that must be answered before going on. */
export function ask(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    asked.set({
      ...question,
      answer: (yes) => {
        asked.set(null);
        resolve(yes);
      },
    });
  });
}

/** Says something that has to be seen. */
export async function tell(notice: Question): Promise<void> {
  await ask({ ...notice, isNotice: true });
}

export function askAboutUnsaved(): Promise<boolean> {
  return ask({
    title: "Leave without saving?",
    body: <p>What you changed on this page is not saved.</p>,
    confirm: "Leave and lose the changes",
    danger: true,
  });
}

export function AskedQuestion() {
  const question = useStore(asked);
  return question === null ? null : <QuestionDialog key={question.title} {...question} />;
}

function QuestionDialog({ title, body, confirm, danger, typed, isNotice, answer }: Question & { answer: (yes: boolean) => void }) {
  const [text, setText] = useState("");
  const isReady = typed === undefined || text === typed;
  const submit = (event: Event) => {
    event.preventDefault();
    if (isReady) answer(true);
  };
  return (
    <Dialog title={title} close={() => answer(false)}>
      <form onSubmit={submit}>
        <div class="dialog-body">
          {body}
          {typed !== undefined && (
            <label class="field">
              <span class="field-label">
                Type <strong>{typed}</strong> to confirm
              </span>
              <input value={text} autoComplete="off" onInput={(event) => setText(event.currentTarget.value)} />
            </label>
          )}
        </div>
        <footer>
          {!isNotice && (
            <button type="button" onClick={() => answer(false)}>
              Cancel
            </button>
          )}
          <button type="submit" class={danger ? "danger" : "primary"} disabled={!isReady}>
            {confirm}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
