"""A definition is read as an admin would write it, and what does not hold is said in words, with its place."""

import pytest

from connectors.kit.classification import Verdict
from connectors.kit.custom_definition import Bearer, InvalidDefinition, load_definition, read_definition
from connectors.records.profile_event import Change

FILE = """
key: acme_crm
label: Acme CRM
url: https://api.acme.example.com/v2/
"""


def read(more=""):
    return read_definition(load_definition(FILE + more))


def test_what_yaml_reads_as_something_else_is_read_as_it_was_meant():
    definition = read(
        "on: [joined, left]\n"
        "answers:\n"
        "  - {status: 404, verdict: already_done}\n"
        "  - {pointer: /error, equals: no, verdict: rejected}\n"
        "codes: {17: The address has unsubscribed.}\n"
    )
    assert definition.on == (Change.JOINED, Change.LEFT)
    assert definition.answers[0].statuses() == range(404, 405)
    assert definition.answers[1].equals == ("no",)
    assert definition.codes == {"17": "The address has unsubscribed."}


def test_true_is_still_true():
    rule = read("answers: [{pointer: /ok, equals: [true, false], verdict: rejected}]\n").answers[0]
    assert rule.equals == (True, False)


def test_a_date_is_text_and_a_text_that_begins_like_true_is_none():
    definition = read("description: trueish\nbody: {mapping: {day: 2026-01-01, at: 2026-01-01T12:00:00Z}}\n")
    assert definition.description == "trueish"
    assert definition.body.mapping == {"day": "2026-01-01", "at": "2026-01-01T12:00:00Z"}


@pytest.mark.parametrize(
    "value", ["!!binary aGk=", "!!set {a, b}", "!!omap [a: 1]", "!!pairs [a: 1]", "!!timestamp 2026-01-01", "{[a]: b}"]
)
def test_what_json_does_not_have_is_refused_with_the_way_out(value):
    with pytest.raises(InvalidDefinition, match="something that JSON does not have; write it as text"):
        load_definition(f"a: {value}\n")


@pytest.mark.parametrize("value", ["!!bool maybe", "!!int ''", "!!float ''", "!!int one"])
def test_a_value_that_is_not_of_its_own_kind_is_refused(value):
    with pytest.raises(InvalidDefinition, match="neither JSON nor YAML"):
        load_definition(f"a: {value}\n")


def test_one_thing_needs_no_list_and_a_kind_alone_no_object():
    definition = read(
        "on: joined\nidentifiers: email\nauthentication: bearer\n"
        "answers: [{pointer: /ok, equals: 0, verdict: throttled}]\n"
    )
    assert (definition.on, definition.identifiers) == ((Change.JOINED,), ("email",))
    assert definition.authentication == Bearer(kind="bearer")
    assert (definition.answers[0].equals, definition.answers[0].verdict) == ((0,), Verdict.THROTTLED)


def test_documentation_may_be_any_link():
    link = "https://docs.acme.example.com/errors?code={code}#list"
    assert read(f"documentation: '{link}'\n").documentation == link


@pytest.mark.parametrize(
    ("more", "pointer", "problem"),
    [
        ("metod: PUT\n", "/metod", "no such part"),
        ("batch: {max_rows: 500}\n", "/batch/max_age_seconds", "is missing"),
        ("check: /me\n", "/check", "object of names and values"),
        ("authentication: {kind: header}\n", "/authentication/name", "is missing"),
        ("answers: [{pointer: error/code, verdict: rejected}]\n", "/answers/0/pointer", "such as /error/code"),
        ("answers: [{verdict: rejected}]\n", "/answers/0", "needs a status"),
        ("documentation: javascript:alert(1)\n", "/documentation", "https://"),
        ("identifiers: mail\n", "/identifiers", "'mail' is no identifier"),
        ("timeout_seconds: 60\n", "/timeout_seconds", "30"),
        ("codes: {true: Yes.}\n", "/codes", "text"),
    ],
)
def test_what_does_not_hold_is_said_in_words_with_its_place(more, pointer, problem):
    with pytest.raises(InvalidDefinition) as refused:
        read(more)
    assert refused.value.pointer.startswith(pointer)
    assert problem in refused.value.problem
    assert not refused.value.detail.endswith("..")
