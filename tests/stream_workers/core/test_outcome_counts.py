"""Folding outcomes and attempts into counts: every chunking gives the same sums."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.records.delivery import Attempt, Outcome, OutcomeClass, SourcePosition
from connectors.records.metrics_table import metadata
from stream_workers.core import outcome_counts

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOON_SECONDS = int(NOON.timestamp())
MIDNIGHT_SECONDS = NOON_SECONDS - 12 * 3600


def outcome(outcome: OutcomeClass = OutcomeClass.SENT, **changes) -> Outcome:
    fields = {
        "v": 1,
        "workspace": "default",
        "delivery_id": "dlv_1",
        "profile_id": "ada",
        "connector_id": "con_meta",
        "action_id": "act_list",
        "config_version": 3,
        "source": SourcePosition(0, 7),
        "at": NOON,
        "attempts": 1,
        "latency_ms": 42,
        "end_to_end_ms": 120,
    }
    return Outcome(outcome=outcome, **fields | changes)


def attempt(outcome: OutcomeClass = OutcomeClass.TIMEOUT, **changes) -> Attempt:
    fields = {
        "v": 1,
        "workspace": "default",
        "delivery_id": "dlv_1",
        "profile_id": "ada",
        "connector_id": "con_meta",
        "action_id": "act_list",
        "config_version": 3,
        "source": SourcePosition(0, 7),
        "at": NOON,
        "attempt": 1,
        "verdict": "retry",
        "final": False,
        "latency_ms": 3000,
    }
    return Attempt(outcome=outcome, **fields | changes)


def refused(code: str, **changes) -> Outcome:
    return outcome(OutcomeClass.PARTNER_ERROR, partner_code=code, reason="rejected", **changes)


def fold(*records: Outcome | Attempt, named=None, documented=frozenset()) -> dict[str, list[dict]]:
    tally = outcome_counts.initialize()
    for offset, record in enumerate(records):
        if isinstance(record, Outcome):
            outcome_counts.add_outcome(tally, record, 5, offset)
        else:
            outcome_counts.add_attempt(tally, record)
    return outcome_counts.result(tally, documented).rows(named or {})


def test_an_outcome_is_counted_in_its_quarter_hour_and_its_day():
    rows = fold(outcome(at=NOON + timedelta(minutes=29, seconds=59)), outcome(at=NOON + timedelta(minutes=15)))
    key = {"workspace": "default", "connector_id": "con_meta", "action_id": "act_list", "class": "sent"}
    key |= {"reason": "", "partner_code": ""}
    assert rows["outcome_counts"] == [key | {"bucket_at": NOON_SECONDS + 900, "count": 2}]
    assert rows["outcome_counts_daily"] == [key | {"bucket_at": MIDNIGHT_SECONDS, "count": 2}]


def test_the_roll_ups_add_actions_and_codes_up_and_tell_only_why_something_was_skipped():
    skipped = outcome(OutcomeClass.SKIPPED, reason="no_consent")
    rows = fold(
        outcome(), outcome(action_id="act_2"), outcome(connector_id="con_b"), refused("1"), refused("2"), skipped
    )
    quarter_hour = {"workspace": "default", "bucket_at": NOON_SECONDS}
    by_connector = [
        quarter_hour | {"connector_id": connector, "class": class_, "reason": reason, "count": count}
        for connector, class_, reason, count in (
            ("con_meta", "sent", "", 2),
            ("con_b", "sent", "", 1),
            ("con_meta", "partner_error", "", 2),
            ("con_meta", "skipped", "no_consent", 1),
        )
    ]
    assert rows["connector_counts"] == by_connector
    assert rows["connector_counts_daily"] == [row | {"bucket_at": MIDNIGHT_SECONDS} for row in by_connector]
    assert rows["workspace_counts"] == [
        quarter_hour | {"class": class_, "count": count}
        for class_, count in (("sent", 3), ("partner_error", 2), ("skipped", 1))
    ]


def test_classes_reasons_and_partner_codes_are_counted_apart():
    rows = fold(
        outcome(), outcome(OutcomeClass.SKIPPED, reason="duplicate", attempts=0), refused("190"), refused("200")
    )
    counted = {(row["class"], row["reason"], row["partner_code"]): row["count"] for row in rows["outcome_counts"]}
    assert counted == {
        ("sent", "", ""): 1,
        ("skipped", "duplicate", ""): 1,
        ("partner_error", "rejected", "190"): 1,
        ("partner_error", "rejected", "200"): 1,
    }


def test_the_outcomes_of_a_replay_are_counted_by_run_too():
    skipped = outcome(OutcomeClass.SKIPPED, reason="superseded", run=7, attempts=0)
    rows = fold(outcome(), outcome(run=7), outcome(run=7), skipped, outcome(run=8))
    assert rows["run_counts"] == [
        {"run": 7, "class": "sent", "reason": "", "count": 2},
        {"run": 7, "class": "skipped", "reason": "superseded", "count": 1},
        {"run": 8, "class": "sent", "reason": "", "count": 1},
    ]


def test_a_failed_attempt_is_counted_under_its_own_class():
    rows = fold(attempt(), attempt())
    assert [(row["class"], row["count"]) for row in rows["outcome_counts"]] == [("attempt:timeout", 2)]
    assert rows["outcome_errors"] == []
    assert rows["last_deliveries"] == []


def test_a_final_or_an_accepted_attempt_is_left_to_its_outcome():
    rows = fold(attempt(final=True), attempt(OutcomeClass.SENT))
    assert not any(rows.values())


def test_latency_counts_exchanges_and_finished_deliveries_by_day():
    rows = fold(
        outcome(latency_ms=10, end_to_end_ms=30_001),
        outcome(OutcomeClass.TIMEOUT, latency_ms=11, end_to_end_ms=50),
        outcome(OutcomeClass.SKIPPED, attempts=0),
        attempt(latency_ms=3000),
    )
    buckets = {(row["kind"], row["le_ms"]): row["count"] for row in rows["outcome_latency"]}
    assert buckets == {("attempt", 10): 1, ("attempt", 25): 1, ("attempt", 3000): 1, ("end_to_end", -1): 1}
    assert {row["bucket_at"] for row in rows["outcome_latency"]} == {MIDNIGHT_SECONDS}


def test_the_last_delivery_is_the_latest_that_was_sent_or_removed():
    later = NOON + timedelta(seconds=5)
    rows = fold(outcome(OutcomeClass.REMOVED, at=later), outcome(), refused("1", at=later + timedelta(hours=1)))
    assert [row["at"] for row in rows["last_deliveries"]] == [NOON_SECONDS + 5]


def test_an_error_is_kept_by_its_place_on_the_topic():
    rows = fold(outcome(), refused("190", event_id="evt_1", http_status=400, run=2))
    (error,) = rows["outcome_errors"]
    assert (error["partition"], error["offset"], error["at"]) == (5, 1, NOON_SECONDS)
    assert (error["class"], error["partner_code"], error["event_id"]) == ("partner_error", "190", "evt_1")
    assert (error["http_status"], error["run"], error["attempts"]) == (400, 2, 1)


def test_the_two_hundred_and_first_code_of_an_hour_is_other():
    rows = fold(*(refused(f"c{number}") for number in range(203)), refused("c0"), refused("c202"))
    counts = {row["partner_code"]: row["count"] for row in rows["outcome_counts"]}
    assert len(counts) == 201
    assert counts["c0"] == 2
    assert counts["c199"] == 1
    assert counts["other"] == 4
    assert "c200" not in counts
    assert len(rows["outcome_codes"]) == 200


def test_each_hour_and_each_connector_names_its_own_codes():
    full = [refused(f"c{number}") for number in range(200)]
    rows = fold(*full, refused("new", at=NOON + timedelta(hours=1)), refused("new", connector_id="con_other"))
    assert [row["count"] for row in rows["outcome_counts"] if row["partner_code"] == "new"] == [1, 1]


def test_codes_that_have_a_name_already_keep_it_and_take_its_room():
    hour = ("default", "con_meta", NOON_SECONDS)
    rows = fold(refused("old"), refused("new"), refused("newer"), named={hour: {"old", *map(str, range(198))}})
    assert {row["partner_code"] for row in rows["outcome_counts"]} == {"old", "new", "other"}
    assert [row["partner_code"] for row in rows["outcome_codes"]] == ["new"]


def test_documented_codes_are_always_named_and_take_no_room():
    rows = fold(*(refused(f"c{number}") for number in range(250)), documented={f"c{n}" for n in range(100, 250)})
    assert len(rows["outcome_counts"]) == 250
    assert len(rows["outcome_codes"]) == 100


def test_a_code_beyond_the_column_is_cut_and_a_nul_is_replaced():
    (row,) = fold(refused("a\0" + 100 * "b"))["outcome_counts"]
    assert row["partner_code"] == "a\N{REPLACEMENT CHARACTER}" + 62 * "b"


def test_a_time_without_a_zone_is_utc():
    (row,) = fold(outcome(at=NOON.replace(tzinfo=None)))["outcome_counts"]
    assert row["bucket_at"] == NOON_SECONDS


def test_rows_have_exactly_the_columns_of_their_tables():
    rows = fold(outcome(), refused("190"), attempt(), outcome(run=1))
    assert all(rows.values())
    for name, some in rows.items():
        assert {frozenset(row) for row in some} == {frozenset(metadata.tables[name].columns.keys())}


SUMMED = (
    "outcome_counts",
    "outcome_counts_daily",
    "outcome_latency",
    "connector_counts",
    "connector_counts_daily",
    "workspace_counts",
)
RECORDS = st.one_of(
    st.builds(
        outcome,
        st.sampled_from(OutcomeClass),
        connector_id=st.sampled_from(["con_a", "con_b"]),
        at=st.integers(0, 100_000).map(lambda seconds: NOON + timedelta(seconds=seconds)),
        partner_code=st.none() | st.integers(0, 3).map(str),
        attempts=st.integers(0, 2),
        latency_ms=st.integers(0, 40_000),
    ),
    st.builds(attempt, st.sampled_from(OutcomeClass), final=st.booleans()),
    # A few dozen codes at a time, so that an hour runs out of names within one example.
    st.integers(0, 400).map(lambda number: refused(f"code-{number}")),
)


@settings(max_examples=60)
@given(st.lists(RECORDS, max_size=120), st.integers(0, 300), st.data())
def test_every_chunking_gives_the_same_sums(records, crowd, data):
    records = [refused(f"crowd-{number}") for number in range(crowd)] + records
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=8)))
    bounds = [0, *cuts, len(records)]
    chunks = [records[start:end] for start, end in zip(bounds, bounds[1:], strict=False)]
    assert stored_after(chunks) == stored_after([records])


def stored_after(chunks: list[list[Outcome | Attempt]]) -> tuple:
    """What a database would hold: sums, names, and the latest delivery."""
    counts, named, latest, errors = Counter(), {}, {}, 0
    for chunk in chunks:
        rows = fold(*chunk, named=named)
        for row in rows["outcome_codes"]:
            named.setdefault((row["workspace"], row["connector_id"], row["hour_at"]), set()).add(row["partner_code"])
        for table in SUMMED:
            for row in rows[table]:
                counts[table, *(value for name, value in row.items() if name != "count")] += row["count"]
        for row in rows["last_deliveries"]:
            key = (row["connector_id"], row["action_id"])
            latest[key] = max(latest.get(key, 0), row["at"])
        errors += len(rows["outcome_errors"])
    assert all(len(codes) <= 200 for codes in named.values())
    return counts, named, latest, errors
