/** When an alert speaks, in words. */
import type { AlertChannel, AlertCondition } from "../../api/types";

export const CONDITIONS: Record<AlertCondition["kind"], string> = {
  credentials_refused: "The partner refuses the credentials",
  breaker_open: "The circuit breaker opens",
  error_rate: "The error rate is too high",
  nothing_sent: "Nothing was sent for a while",
};

export function sentenceOf(condition: AlertCondition): string {
  switch (condition.kind) {
    case "error_rate":
      return `More than ${condition.percent}% of deliveries fail`;
    case "nothing_sent":
      return `Nothing was sent for ${condition.hours} hours`;
    default:
      return CONDITIONS[condition.kind];
  }
}

export function channelOf(channel: AlertChannel): string {
  return channel.kind === "webhook" ? channel.url : channel.to.join(", ");
}

export function conditionOf(kind: AlertCondition["kind"], number: number): AlertCondition {
  switch (kind) {
    case "error_rate":
      return { kind, percent: number, minimum: 20 };
    case "nothing_sent":
      return { kind, hours: number };
    default:
      return { kind };
  }
}
