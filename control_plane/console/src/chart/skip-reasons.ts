/** Why a delivery is skipped on purpose, in words. */
export const SKIP_REASONS: Record<string, string> = {
  superseded: "A newer change of the same profile had come before this one was sent: the newer one counts.",
  deactivated: "The connector or its action was off. After it is activated again, ask for a resync of the source.",
  no_identifier: "The profile has none of the identifiers that the partner reads. See the connector's About tab for which, and in which order.",
  no_consent: "The profile has not consented to what the action asks for. Removals are sent all the same.",
  not_supported: "The action does not listen to this change: a list that can only grow has nothing to do when somebody leaves.",
  duplicate: "The same event came again within ten minutes.",
  cancelled: "A replay was cancelled before it came to this one.",
};
