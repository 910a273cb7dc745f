/** What the keyboard can do: `?` shows it, `g` and a letter go to a page. */
import { useLayoutEffect, useState } from "preact/hooks";
import { navigate } from "../routing/location";
import { Dialog } from "./dialog";
import { isTyping } from "./search-box";

const PLACES: Record<string, [string, string]> = {
  c: ["Connectors", "/connectors"],
  m: ["Marketplace", "/marketplace"],
  a: ["Audiences", "/sources/audiences"],
  j: ["Journeys", "/sources/journeys"],
  f: ["Event feeds", "/sources/event-feeds"],
  d: ["Deliveries", "/deliveries"],
  t: ["Trace", "/trace"],
  l: ["Dead letters", "/dead-letters"],
  w: ["Workers", "/workers"],
};
const KEYS: [string[], string][] = [
  [["/"], "Search on this page"],
  [["↑", "↓"], "Choose among what was found"],
  [["Enter"], "Open what is chosen"],
  [["Esc"], "Empty the search, close a dialog"],
  [["Ctrl", "S"], "Save a form"],
  [["?"], "This list"],
];
const AFTER_G_MS = 1500;

export function Shortcuts() {
  const [isShown, setShown] = useState(false);
  useLayoutEffect(() => {
    let goingUntil = 0;
    const keyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const place = performance.now() < goingUntil ? PLACES[event.key] : undefined;
      goingUntil = event.key === "g" ? performance.now() + AFTER_G_MS : 0;
      if (place !== undefined) {
        event.preventDefault();
        void navigate(place[1]);
      } else if (event.key === "?") setShown(true);
    };
    document.addEventListener("keydown", keyDown);
    return () => document.removeEventListener("keydown", keyDown);
  }, []);
  if (!isShown) return null;
  return (
    <Dialog title="Keyboard" close={() => setShown(false)}>
      <div class="dialog-body">
        <dl class="pairs keys">
          {KEYS.map(([keys, meaning]) => (
            <Key key={meaning} keys={keys} meaning={meaning} />
          ))}
          {Object.entries(PLACES).map(([letter, [label]]) => (
            <Key key={letter} keys={["g", letter]} meaning={label} />
          ))}
        </dl>
      </div>
    </Dialog>
  );
}

function Key({ keys, meaning }: { keys: string[]; meaning: string }) {
  return (
    <>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{meaning}</dd>
    </>
  );
}
