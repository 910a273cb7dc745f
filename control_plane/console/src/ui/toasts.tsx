import { useEffect, useRef } from "preact/hooks";
import { asProblem } from "../api/problem";
import { Icon } from "./icons";
import { store, useStore } from "./store";

interface Toast {
  id: number;
  text: string;
  detail: string;
  isProblem: boolean;
}

const SHOWN_MS = 6000;
const toasts = store<Toast[]>([]);
let last = 0;

function show(text: string, detail: string, isProblem: boolean): void {
  const id = ++last;
  toasts.set([...toasts.get(), { id, text, detail, isProblem }]);
  if (!isProblem) setTimeout(() => drop(id), SHOWN_MS);
}

function drop(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

export function say(text: string, detail = ""): void {
  show(text, detail, false);
}

/** A refusal stays until it is closed, with its trace id. */
export function complain(error: unknown): void {
  const problem = asProblem(error);
  const faults = problem.faults.map((fault) => fault.detail).filter((detail) => !problem.detail.includes(detail)).join(" ");
  show(problem.title, [problem.detail, faults, problem.traceId && `Trace id ${problem.traceId}`].filter(Boolean).join(" "), true);
}

/** A popover, raised with each message, so that it is seen above an open dialog too. */
export function Toasts() {
  const shown = useStore(toasts);
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    element.current?.hidePopover();
    if (shown.length > 0) element.current?.showPopover();
  }, [shown]);
  return (
    <div ref={element} popover="manual" class="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} class={`toast ${toast.isProblem ? "bad" : ""}`}>
          <div>
            <strong>{toast.text}</strong>
            {toast.detail && <p>{toast.detail}</p>}
          </div>
          <button type="button" class="icon-button" aria-label="Close message" onClick={() => drop(toast.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
