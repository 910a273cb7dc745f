/** The window of days that figures are shown for, in the address. */
import type { WindowLength } from "../api/types";
import { setQueryParameters, useQueryParameter } from "../routing/location";

const WINDOWS: WindowLength[] = ["7d", "30d", "90d"];

export function useWindow(): [WindowLength, (window: string) => void] {
  const [value] = useQueryParameter("window", "7d");
  const set = (window: string) => setQueryParameters({ window: window === "7d" ? "" : window, day: "" });
  return [WINDOWS.find((one) => one === value) ?? "7d", set];
}

export function WindowToggle() {
  const [window, setWindow] = useWindow();
  return (
    <div class="toggle" role="group" aria-label="Days">
      {WINDOWS.map((one) => (
        <button key={one} type="button" aria-pressed={one === window} onClick={() => setWindow(one)}>
          {one.slice(0, -1)} days
        </button>
      ))}
    </div>
  );
}
