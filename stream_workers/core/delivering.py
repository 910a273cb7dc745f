"""What happens to a delivery after an attempt: it ends, or it waits; one pure function decides."""

from dataclasses import dataclass

from connectors.kit.classification import MAX_RETRY_AFTER_SECONDS, Classification, Verdict
from connectors.records.delivery import OutcomeClass, Reason
from connectors.records.profile_event import Change

SHORTEST_SECONDS = 0.5
"""No attempt follows another sooner, whatever the jitter is or the partner says."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Full jitter over a doubling delay: 10 s, 20 s … 15 min, for 24 h from the first attempt."""

    first_seconds: float = 10.0
    max_seconds: float = 900.0
    give_up_seconds: float = 24 * 3600.0
    max_polls_seconds: float = 3600.0

    def delay(self, attempts: int, jitter: float) -> float:
        """Seconds before the next attempt, after `attempts` of them; `jitter` is uniform in [0, 1)."""
        ceiling = min(self.first_seconds * 2.0 ** min(attempts - 1, 30), self.max_seconds)
        return max(SHORTEST_SECONDS, ceiling * jitter)


@dataclass(frozen=True, slots=True)
class End:
    """The delivery ends with this outcome."""

    outcome: OutcomeClass
    reason: Reason | None = None
    partner_code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The delivery is pending until `due_at` (unix milliseconds); with a ticket, the partner is asked then."""

    due_at: int
    ticket: str | None = None
    outcome: OutcomeClass | None = None


NextStep = End | Wait
SENT, REMOVED = End(OutcomeClass.SENT), End(OutcomeClass.REMOVED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a delivery has come: attempts made (this one included), when the first was due, and now (unix ms)."""

    change: Change
    attempts: int
    first_at: int
    now: int
    holds_credentials: bool = False


def next_step(found: Classification, progress: Progress, policy: RetryPolicy, jitter: float) -> NextStep:
    """What an answer's classification means for the delivery."""
    match found.verdict:
        case Verdict.ACCEPTED | Verdict.ALREADY_DONE:
            return accepted(progress.change)
        case Verdict.ACCEPTED_LATER:
            return _ask_later(found, progress, policy)
        case Verdict.THROTTLED | Verdict.TRY_AGAIN:
            return _try_again(found, progress, policy, jitter)
        case Verdict.UNAUTHORIZED:
            if progress.holds_credentials:
                return _try_again(found, progress, policy, jitter)
        case Verdict.REJECTED | Verdict.MISCONFIGURED | Verdict.SPLIT:
            pass
    return _end(found)


def accepted(change: Change) -> End:
    """The end of a delivery that the partner accepted."""
    return REMOVED if change.removes else SENT


def outcome_class(found: Classification) -> OutcomeClass:
    """The class that a classification counts under when it is not a success."""
    if found.verdict is Verdict.UNAUTHORIZED:
        return OutcomeClass.INVALID_CREDENTIALS
    if found.reason is Reason.NO_ANSWER:
        return OutcomeClass.TIMEOUT
    if found.reason in (Reason.UNREACHABLE, Reason.UNREADABLE_ANSWER) and found.partner_code is None:
        return OutcomeClass.OTHER_ERROR
    if found.verdict is Verdict.MISCONFIGURED and found.partner_code is None:
        return OutcomeClass.OTHER_ERROR
    return OutcomeClass.PARTNER_ERROR


def _end(found: Classification) -> End:
    return End(outcome_class(found), found.reason, found.partner_code, found.detail)


def _try_again(found: Classification, progress: Progress, policy: RetryPolicy, jitter: float) -> NextStep:
    delay = policy.delay(progress.attempts, jitter)
    if found.retry_after is not None:
        told = min(found.retry_after, MAX_RETRY_AFTER_SECONDS)
        delay = max(SHORTEST_SECONDS, delay * 0.1, told + min(delay, 1.0) * jitter)
    due_at = progress.now + int(delay * 1000)
    if due_at - progress.first_at > policy.give_up_seconds * 1000:
        return _end(found)
    return Wait(due_at, outcome=outcome_class(found))


def _ask_later(found: Classification, progress: Progress, policy: RetryPolicy) -> NextStep:
    delay = min(found.retry_after if found.retry_after is not None else 10.0, policy.max_polls_seconds)
    if progress.now - progress.first_at > policy.give_up_seconds * 1000:
        return End(OutcomeClass.TIMEOUT, Reason.NO_ANSWER, found.partner_code, "The partner's job did not end in time.")
    return Wait(progress.now + int(delay * 1000), ticket=found.ticket or "")
