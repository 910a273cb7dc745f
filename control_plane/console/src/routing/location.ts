/** Where the reader is: the address is the state, so that every view can be linked to and gone back to. */
import { useEffect } from "preact/hooks";
import { store, useStore } from "../ui/store";

export interface Place {
  path: string;
  query: URLSearchParams;
}

type Leave = () => Promise<boolean>;

let mayLeave: Leave | null = null;
let shown = address();

export const place = store<Place>(here());

function address(): string {
  return window.location.pathname + window.location.search;
}

function here(): Place {
  return { path: window.location.pathname, query: new URLSearchParams(window.location.search) };
}

function arrive(): void {
  const moved = shown.split("?")[0] !== window.location.pathname;
  shown = address();
  place.set(here());
  if (moved) window.scrollTo(0, 0);
}

/** What was unsaved is stored: the next step is not asked about. */
export function releaseLeaveGuard(): void {
  mayLeave = null;
}

/** Goes somewhere; unsaved changes are asked about first. */
export async function navigate(to: string, how: { replace?: boolean } = {}): Promise<void> {
  const leaves = new URL(to, window.location.href).pathname !== window.location.pathname;
  if (leaves && mayLeave !== null && !(await mayLeave())) return;
  if (how.replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  arrive();
}

async function goneBack(): Promise<void> {
  const to = address();
  if (mayLeave !== null && to.split("?")[0] !== shown.split("?")[0]) {
    history.pushState(null, "", shown);
    if (!(await mayLeave())) return;
    history.replaceState(null, "", to);
  }
  arrive();
}

function isOurs(link: HTMLAnchorElement): boolean {
  return link.origin === window.location.origin && !link.target && !link.download && !/^\/(v1|docs|metrics)\b/.test(link.pathname);
}

/** Every plain link inside the console becomes a step without a reload. */
export function followLinks(): void {
  window.addEventListener("popstate", () => void goneBack());
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.("a");
    if (!(link instanceof HTMLAnchorElement) || !link.href || !isOurs(link)) return;
    if (link.hash && link.pathname === window.location.pathname) return;
    event.preventDefault();
    void navigate(link.pathname + link.search);
  });
}

export function usePlace(): Place {
  return useStore(place);
}

/** One parameter of the address. Setting it replaces the entry in the history, so that "back" leaves the page. */
export function useQueryParameter(name: string, otherwise = ""): [string, (value: string) => void] {
  const value = usePlace().query.get(name) ?? otherwise;
  return [value, (next) => setQueryParameters({ [name]: next === otherwise ? "" : next })];
}

export function setQueryParameters(values: Record<string, string>): void {
  const query = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  void navigate(window.location.pathname + (text ? `?${text}` : ""), { replace: true });
}

/** While there is something unsaved, leaving is asked about; closing the tab too. */
export function useLeaveGuard(isDirty: boolean, ask: Leave): void {
  useEffect(() => {
    if (!isDirty) return undefined;
    const beforeUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    mayLeave = async () => {
      const yes = await ask();
      if (yes) mayLeave = null;
      return yes;
    };
    window.addEventListener("beforeunload", beforeUnload);
    return () => {
      mayLeave = null;
      window.removeEventListener("beforeunload", beforeUnload);
    };
  }, [isDirty]);
}
