/** The ends that a delivery can have, with their names and colours; green and blue are success, the rest are errors. */
export const ERROR_CLASSES = ["invalid_credentials", "timeout", "partner_error", "other_error"] as const;

export type ErrorClass = (typeof ERROR_CLASSES)[number];
export type OutcomeName = "sent" | "removed" | ErrorClass;

export const OUTCOMES: { name: OutcomeName; label: string; color: string }[] = [
  { name: "sent", label: "Sent", color: "--sent" },
  { name: "removed", label: "Removed", color: "--removed" },
  { name: "invalid_credentials", label: "Invalid credentials", color: "--invalid-credentials" },
  { name: "timeout", label: "Timeout", color: "--timeout" },
  { name: "partner_error", label: "Partner error", color: "--partner-error" },
  { name: "other_error", label: "Other error", color: "--other-error" },
];

/** How many of a day, or of a window, ended so. */
export function countOf(counts: Counts, outcome: OutcomeName): number {
  if (outcome === "sent" || outcome === "removed") return counts[outcome] ?? 0;
  return counts.errors?.[outcome] ?? 0;
}

interface Counts {
  sent?: number;
  removed?: number;
  errors?: Record<string, number>;
}

export function outcomeLabel(name: string): string {
  return OUTCOMES.find((outcome) => outcome.name === name)?.label ?? name;
}

/** What an error most likely means, and what to do about it. */
export const ADVICE: Record<ErrorClass, string> = {
  invalid_credentials: "The partner refused the credentials: expired, revoked, or without the privilege. Replace the secret and publish.",
  timeout: "The partner did not answer in time. Retries have ended; check the partner's status, or give it a longer timeout.",
  partner_error: "The partner refused the data. Its code says why; correct the mapping or the field, then replay.",
  other_error: "Something else: a mapping that could not be rendered, an address that could not be reached, an answer that was not understood.",
};
