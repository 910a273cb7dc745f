"""After an attempt: it ends once, or it waits for a time that keeps the promised schedule."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.classification import MAX_RETRY_AFTER_SECONDS, Classification, Verdict
from connectors.records.delivery import OutcomeClass
from connectors.records.profile_event import Change
from stream_workers.core.delivering import End, Progress, RetryPolicy, Wait, next_step

POLICY = RetryPolicy()
Jitters = st.floats(0, 0.999)
Verdicts = st.sampled_from(list(Verdict))
RETRIED = (Verdict.THROTTLED, Verdict.TRY_AGAIN)


@given(Verdicts, st.integers(1, 60), st.integers(0, 90_000), Jitters, st.none() | st.floats(0, 1e9), st.booleans())
def test_every_verdict_ends_or_waits_within_a_day(verdict, attempts, age_seconds, jitter, retry_after, holds):
    now = 10**12
    progress = Progress(Change.JOINED, attempts, now - age_seconds * 1000, now, holds)
    step = next_step(Classification(verdict, retry_after=retry_after), progress, POLICY, jitter)
    if isinstance(step, Wait):
        seconds = (step.due_at - now) / 1000
        assert verdict in (*RETRIED, Verdict.ACCEPTED_LATER, Verdict.UNAUTHORIZED)
        assert 0 <= seconds <= MAX_RETRY_AFTER_SECONDS + 1
        if verdict in RETRIED:
            assert age_seconds + seconds <= POLICY.give_up_seconds
    else:
        assert isinstance(step.outcome, OutcomeClass)


@given(st.integers(1, 60), Jitters)
def test_the_delay_doubles_from_ten_seconds_to_a_quarter_of_an_hour(attempts, jitter):
    ceiling = min(10 * 2 ** (attempts - 1), 900)
    assert 0.5 <= POLICY.delay(attempts, jitter) <= max(0.5, ceiling)


@given(st.floats(1, 1e9), Jitters, st.integers(1, 20))
def test_nobody_asks_before_the_partner_said_and_nobody_waits_more_than_an_hour(retry_after, jitter, attempts):
    progress = Progress(Change.JOINED, attempts, 0, 0)
    step = next_step(Classification(Verdict.THROTTLED, retry_after=retry_after), progress, POLICY, jitter)
    assert isinstance(step, Wait)
    assert step.due_at >= min(retry_after, MAX_RETRY_AFTER_SECONDS) * 1000 - 1
    assert step.due_at <= (MAX_RETRY_AFTER_SECONDS + 1) * 1000


@given(st.floats(0, 1), Jitters, st.integers(1, 20), st.sampled_from(RETRIED))
def test_half_a_second_passes_whatever_the_partner_says(retry_after, jitter, attempts, verdict):
    progress = Progress(Change.JOINED, attempts, 0, 0)
    step = next_step(Classification(verdict, retry_after=retry_after), progress, POLICY, jitter)
    assert isinstance(step, Wait)
    assert step.due_at >= 500


@given(st.sampled_from(list(Change)), st.sampled_from((Verdict.ACCEPTED, Verdict.ALREADY_DONE)))
def test_what_is_accepted_was_sent_or_removed(change, verdict):
    step = next_step(Classification(verdict), Progress(change, 1, 0, 0), POLICY, 0.5)
    removes = change in (Change.LEFT, Change.EXITED)
    assert step == End(OutcomeClass.REMOVED if removes else OutcomeClass.SENT)


@given(st.lists(Jitters, min_size=200, max_size=200))
def test_a_partner_that_always_fails_is_asked_at_most_a_day(jitters):
    now = 0
    for attempts, jitter in enumerate([*jitters, *[0.999] * 200], 1):
        step = next_step(Classification(Verdict.TRY_AGAIN), Progress(Change.JOINED, attempts, 0, now), POLICY, jitter)
        if isinstance(step, End):
            break
        now = step.due_at
    assert isinstance(step, End)
    assert now <= POLICY.give_up_seconds * 1000
