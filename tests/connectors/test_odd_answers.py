"""Whatever a partner answers, each row gets one meaning: also when parts of an answer are replaced by nonsense."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from connectors.catalog import CATALOG
from connectors.kit.cases import TOKEN, CaseAnswer, case_folder, classify_answer, load_cases, prepare_case
from connectors.kit.classification import Classification, Verdict

NONSENSE = (None, "", "Zoë 🚀", -1, 10**18, 0.5, True, [], {}, [None], [{}], {"a": []})
WHOLE = (b"", b"null", b"[]", b"{", b"7", b'"x"', b"\xff\xfe", b"<html>", b"[" * 10_000, b"{}")
MAX_TICKET = 2048


def replaced(value: Any) -> Iterator[Any]:
    """The value with each of its parts replaced, or left out."""
    yield from NONSENSE
    if isinstance(value, dict):
        for name, part in value.items():
            rest = {other: one for other, one in value.items() if other != name}
            yield rest
            yield from ({**rest, name: odd} for odd in replaced(part))
    elif isinstance(value, list) and value:
        yield value[1:]
        yield [*value, *value]
        yield from ([odd, *value[1:]] for odd in replaced(value[0]))


def odd_answers(answer: CaseAnswer) -> Iterator[CaseAnswer]:
    """What could come in the place of a recorded answer."""
    if answer.json is not None:
        yield from (msgspec.structs.replace(answer, json=odd) for odd in replaced(answer.json))
    for body in WHOLE:
        text = body.decode("utf-8", "replace")
        yield from (msgspec.structs.replace(answer, status=status, json=None, text=text) for status in (200, 400, 500))


CASES = [
    (type_, case) for type_ in CATALOG for case in load_cases(case_folder(type_.key)) if case.sends and case.answers
]


@pytest.mark.parametrize(("type_", "case"), CASES, ids=[f"{type_.key}/{case.file.stem}" for type_, case in CASES])
def test_an_odd_answer_has_a_meaning_for_each_row(type_, case):
    prepared = prepare_case(type_, case)
    rows = 1 if case.action == TOKEN else len(prepared.batch.rows) or 1
    for answer in case.answers:
        if answer.transport is not None:
            continue
        for odd in odd_answers(answer):
            found = classify_answer(prepared, odd)
            assert len(found) == rows, odd
            assert all(isinstance(one, Classification) for one in found), odd
            for one in found:
                assert (one.verdict is Verdict.ACCEPTED_LATER) == (one.ticket is not None), odd
                assert len((one.ticket or "").encode()) <= MAX_TICKET, odd
                assert one.retry_after is None or 0 <= one.retry_after <= 3600, odd
