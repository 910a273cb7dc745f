import { Icon } from "./icons";
import { store, useStore } from "./store";

type Theme = "light" | "dark";

const NAME = "patchbay.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const chosen = store<Theme | null>(remembered());

export const theme = store<Theme>(current());

function remembered(): Theme | null {
  const value = localStorage.getItem(NAME);
  return value === "light" || value === "dark" ? value : null;
}

function current(): Theme {
  return chosen.get() ?? (system.matches ? "dark" : "light");
}

function apply(): void {
  document.documentElement.dataset.theme = current();
  theme.set(current());
}

/** The system's choice, until the reader makes another one. */
export function followTheme(): void {
  system.addEventListener("change", apply);
  chosen.subscribe(apply);
  apply();
}

export function ThemeToggle() {
  const next = useStore(theme) === "dark" ? "light" : "dark";
  const choose = () => {
    localStorage.setItem(NAME, next);
    chosen.set(next);
  };
  return (
    <button type="button" class="icon-button" aria-label={`Switch to ${next} colours`} title={`Switch to ${next} colours`} onClick={choose}>
      <Icon name={next === "dark" ? "moon" : "sun"} />
    </button>
  );
}
