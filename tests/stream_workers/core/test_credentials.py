"""Turns to renew a credential: one worker at a time, whatever comes late, twice, or never."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.records.config import CredentialConfig, TurnConfig
from stream_workers.core.credentials import TURN_MS, Credentials

WORKERS = ("w-1", "w-2", "w-3")


def turn(worker: str, at: int, *, over: bool = False) -> TurnConfig:
    return TurnConfig(v=1, workspace="default", id="con_1", worker=worker, at=at, over=over)


def credential(revision: int) -> CredentialConfig:
    return CredentialConfig(v=1, workspace="default", id="con_1", revision=revision)


def after(*records: TurnConfig) -> Credentials:
    credentials = Credentials()
    for record in records:
        credentials.take(b"turn:con_1", record)
    return credentials


def whose(credentials: Credentials, at: int) -> str | None:
    turn = credentials.turn_of("con_1", at)
    return turn.worker if turn is not None else None


def test_the_first_who_asks_has_the_turn_until_he_gives_it_back():
    credentials = after(turn("w-1", 100), turn("w-2", 101))
    assert whose(credentials, 200) == "w-1"
    credentials.take(b"turn:con_1", turn("w-1", 100, over=True))
    assert credentials.turn_of("con_1", 200) is None
    credentials.take(b"turn:con_1", turn("w-2", 201))
    assert whose(credentials, 202) == "w-2"


def test_a_turn_that_is_never_given_back_ends():
    credentials = after(turn("w-1", 100))
    assert credentials.turn_of("con_1", 100 + TURN_MS) is None
    credentials.take(b"turn:con_1", turn("w-2", 100 + TURN_MS))
    assert whose(credentials, 101 + TURN_MS) == "w-2"


def test_giving_back_late_takes_nobody_elses_turn():
    credentials = after(turn("w-1", 100), turn("w-2", 100 + TURN_MS), turn("w-1", 100, over=True))
    assert whose(credentials, 101 + TURN_MS) == "w-2"


def test_an_older_credential_is_ignored_and_a_deleted_one_is_gone():
    credentials = Credentials()
    for revision in (2, 1):
        credentials.take(b"credential:con_1", credential(revision))
    assert credentials.renewed("con_1") == credential(2)
    credentials.take(b"credential:con_1", None)
    assert credentials.renewed("con_1") is None


Asked = tuple[str, int, bool]
asked = st.tuples(st.sampled_from(WORKERS), st.integers(0, 4 * TURN_MS), st.booleans())


@given(st.lists(asked, max_size=30))
def test_a_turn_passes_on_only_when_it_was_given_back_or_is_over(records: list[Asked]):
    credentials, holder = Credentials(), None
    for worker, at, over in sorted(records, key=lambda one: one[1]):
        record = turn(worker, at, over=over)
        credentials.take(b"turn:con_1", record)
        if over:
            holder = None if holder is not None and (holder.worker, holder.at) == (worker, at) else holder
        elif holder is None or at >= holder.at + TURN_MS:
            holder = record
        is_on = holder is not None and at < holder.at + TURN_MS
        assert whose(credentials, at) == (holder.worker if is_on and holder is not None else None)
