"""Every recorded case of every connector type is true, and a case that is not true is noticed."""

from dataclasses import replace

import pytest

from connectors.catalog import CATALOG
from connectors.kit.cases import Sends, case_folder, load_cases, recorded_answers, run_case
from connectors.kit.errors import InvalidSettings
from connectors.records.delivery import Reason

CASES = [(type_, case) for type_ in CATALOG for case in load_cases(case_folder(type_.key))]
TYPE, CASE = next((type_, case) for type_, case in CASES if case.file.stem == "joined")


@pytest.mark.parametrize(("type_", "case"), CASES, ids=[f"{type_.key}/{case.file.stem}" for type_, case in CASES])
def test_a_case_is_true(type_, case):
    mismatches = run_case(type_, case)
    assert not mismatches, f"{case.says}\n" + "\n".join(map(str, mismatches))


def test_a_case_says_something_of_its_own():
    sentences = [(type_.key, case.says) for type_, case in CASES]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"action": "no_such"}, "action"),
        ({"sends": None}, "sends"),
        ({"sends": Sends("PUT", "https://hooks.example.org/patchbay")}, "sends.method"),
        ({"refuses": ("no_identifier",)}, "refuses"),
        ({"fails": Reason.CANNOT_RENDER}, "fails"),
        ({"mapping": {"body": "{{ profile.attributes.none }}"}}, "fails"),
    ],
)
def test_a_case_that_is_not_true_is_noticed(change, where):
    assert where in [mismatch.where for mismatch in run_case(TYPE, replace(CASE, **change))]


def test_an_answer_that_means_something_else_is_noticed():
    wrong = tuple(msgspec_replace(answer, means=("rejected",)) for answer in CASE.answers)
    assert [mismatch.where for mismatch in run_case(TYPE, replace(CASE, answers=wrong))] == [
        f"answers[{index}].means ({answer.status})" for index, answer in enumerate(CASE.answers)
    ]


def msgspec_replace(struct, **changes):
    return type(struct)(**{name: changes.get(name, getattr(struct, name)) for name in struct.__struct_fields__})


def test_a_file_that_is_no_case_is_named(tmp_path):
    (tmp_path / "broken.json").write_text('{"says": "half a case"}')
    with pytest.raises(InvalidSettings, match=r"broken\.json is no case"):
        load_cases(tmp_path)


def test_a_simulator_is_told_what_the_partner_answers():
    refusals = next(case for type_, case in CASES if type_.key == "webhook" and case.file.stem == "refusals")
    answers = list(recorded_answers(refusals))
    assert len(answers) == sum(answer.transport is None for answer in refusals.answers)
    assert {answer.method for answer in answers} == {"POST"}
    assert not any(answer.accepted for answer in answers)
    throttled = next(answer for answer in answers if answer.status == 429)
    assert throttled.headers == {"Retry-After": "30"}
    accepted = next(recorded_answers(CASE))
    assert (accepted.accepted, accepted.status) == (True, CASE.answers[0].status)
