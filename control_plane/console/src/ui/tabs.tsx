import type { ComponentChildren } from "preact";
import { usePlace } from "../routing/location";

export interface Tab {
  key: string;
  label: string;
  mark?: ComponentChildren;
}

/** Tabs that are links: each has an address, and "back" leads to the one before. */
export function Tabs({ tabs, chosen, label }: { tabs: Tab[]; chosen: string; label: string }) {
  const { path } = usePlace();
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab, index) => (
        <a key={tab.key} href={index === 0 ? path : `${path}?tab=${tab.key}`} aria-current={tab.key === chosen ? "page" : undefined}>
          {tab.label} {tab.mark}
        </a>
      ))}
    </nav>
  );
}
