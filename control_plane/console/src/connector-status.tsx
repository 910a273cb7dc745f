/** One word, with a sign, for how a connector is doing: what needs somebody comes first. */
import type { Connector } from "./api/types";
import { Icon, type IconName } from "./ui/icons";

export type StatusName = "active" | "deactivated" | "paused" | "credentials" | "breaker" | "failing" | "draft";

export const STATUSES: Record<StatusName, { label: string; icon: IconName; tone: string }> = {
  active: { label: "Active", icon: "active", tone: "good" },
  failing: { label: "Failing", icon: "failing", tone: "bad" },
  credentials: { label: "Credentials invalid", icon: "key", tone: "bad" },
  breaker: { label: "Paused by breaker", icon: "breaker", tone: "warn" },
  paused: { label: "Paused", icon: "paused", tone: "warn" },
  deactivated: { label: "Deactivated", icon: "off", tone: "muted" },
  draft: { label: "Draft changes", icon: "draft", tone: "info" },
};

const FAILING_FROM = 0.05;

export function statusOf(connector: Connector, errorRate: number | null | undefined): StatusName {
  if (connector.status !== "active") return connector.status;
  if (connector.trouble === "credentials_invalid") return "credentials";
  if (connector.trouble === "breaker_open") return "breaker";
  return (errorRate ?? 0) >= FAILING_FROM ? "failing" : "active";
}

export function StatusChip({ name }: { name: StatusName }) {
  const { label, icon, tone } = STATUSES[name];
  return (
    <span class={`chip ${tone}`}>
      <Icon name={icon} />
      {label}
    </span>
  );
}

export function DraftChip({ published, changed }: { published: number | null; changed: boolean }) {
  if (published === null) {
    return (
      <span class="chip info">
        <Icon name="draft" />
        Not published
      </span>
    );
  }
  return changed ? <StatusChip name="draft" /> : null;
}

export function Applied({ applied }: { applied: { on: number; of: number } }) {
  if (applied.of === 0) return <span class="quiet">no live workers</span>;
  const isDone = applied.on === applied.of;
  return (
    <span class={isDone ? "quiet" : "waiting"}>
      applied on {applied.on}/{applied.of} workers
    </span>
  );
}
