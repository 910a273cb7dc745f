import { useEffect, useState } from "preact/hooks";
import type { Me } from "../api/types";
import { signOut } from "../api/session";
import mark from "../mark.svg";
import { Icon, type IconName } from "./icons";
import { ThemeToggle } from "./theme";
import { complain } from "./toasts";

interface Item {
  label: string;
  href: string;
  icon: IconName;
  also?: string;
}

const GROUPS: [string, Item[]][] = [
  [
    "Connect",
    [
      { label: "Connectors", href: "/connectors", icon: "connectors", also: "/actions" },
      { label: "Marketplace", href: "/marketplace", icon: "marketplace" },
    ],
  ],
  [
    "Sources",
    [
      { label: "Audiences", href: "/sources/audiences", icon: "audience" },
      { label: "Journeys", href: "/sources/journeys", icon: "journey" },
      { label: "Event feeds", href: "/sources/event-feeds", icon: "feed" },
    ],
  ],
  [
    "Running",
    [
      { label: "Deliveries", href: "/deliveries", icon: "deliveries" },
      { label: "Trace", href: "/trace", icon: "trace" },
      { label: "Dead letters", href: "/dead-letters", icon: "deadLetters" },
      { label: "Alerts", href: "/alerts", icon: "alert" },
      { label: "Workers", href: "/workers", icon: "worker" },
      { label: "Audit log", href: "/audit", icon: "audit" },
      { label: "Users and keys", href: "/users", icon: "users" },
    ],
  ],
];

export function Navigation({ me, path }: { me: Me | undefined; path: string }) {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [path]);
  return (
    <header class={`side ${isOpen ? "open" : ""}`}>
      <div class="side-head">
        <a class="brand" href="/connectors">
          <img src={mark} alt="" width="26" height="26" /> Patchbay
        </a>
        <ThemeToggle />
        <button type="button" class="icon-button menu-button" aria-expanded={isOpen} aria-controls="navigation" aria-label="Menu" onClick={() => setOpen(!isOpen)}>
          <Icon name={isOpen ? "close" : "menu"} />
        </button>
      </div>
      <nav id="navigation" aria-label="Main">
        {GROUPS.map(([group, items]) => (
          <div key={group} class="side-group">
            <p aria-hidden="true">{group}</p>
            <ul>
              {items.map((item) => (
                <li key={item.href}>
                  <a href={item.href} aria-current={isAt(item, path) ? "page" : undefined}>
                    <Icon name={item.icon} /> {item.label}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        ))}
        <Whoami me={me} />
      </nav>
    </header>
  );
}

function Whoami({ me }: { me: Me | undefined }) {
  return (
    <div class="side-foot">
      {me && (
        <p>
          <strong>{me.user.name}</strong>
          <span class="quiet">
            {me.role} · {me.workspace}
          </span>
        </p>
      )}
      <button type="button" class="link" onClick={() => void signOut().catch(complain)}>
        Sign out
      </button>
    </div>
  );
}

function isAt(item: Item, path: string): boolean {
  if (path === "/") return item.href === "/connectors";
  return path.startsWith(item.href) || (item.also !== undefined && path.startsWith(item.also));
}
