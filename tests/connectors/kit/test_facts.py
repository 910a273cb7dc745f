"""Facts beside a connector type: read once, wrong ones named, and codes that say what answers mean."""

import sys

import pytest

from connectors.kit.classification import Verdict
from connectors.kit.code_table import CodeTable, PartnerCode
from connectors.kit.declaration import JOINED, Batch, Row
from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import PartnerResponse
from connectors.kit.facts import read_facts
from connectors.records.delivery import Reason
from tests.support.events import NOON

CODES = CodeTable(
    {
        "190": PartnerCode(Verdict.UNAUTHORIZED, "The token has expired."),
        "4": PartnerCode(Verdict.THROTTLED, "It waits at least a minute.", 60.0),
        "105": PartnerCode(Verdict.SPLIT, "Too many; the batch is halved."),
        "503": PartnerCode(Verdict.TRY_AGAIN, "It is tried again."),
    }
)


def sent(rows=2, ticket=None):
    row = Row("dlv_1", "p-1", JOINED, NOON, {}, {})
    return Batch((row,) * rows, JOINED, NOON, "bat_1", ticket=ticket)


def answer(status=400, **headers):
    return PartnerResponse(status, headers)


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "with_facts").mkdir()
    (tmp_path / "with_facts" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "with_facts"
    sys.modules.pop("with_facts", None)
    read_facts.cache_clear()


def test_facts_are_read_once(package):
    (package / "facts.toml").write_text(
        '[summary]\ndescription = "Ada."\n\n[codes]\n7 = {verdict="split", means="Halved."}'
    )
    found = read_facts("with_facts")
    assert (found.summary.description, found.codes.meanings) == ("Ada.", {"7": "Halved."})
    assert read_facts("with_facts") is found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[summary",
        '[summary]\ndescription = "Ada."\nmotto = "…"',
        '[summary]\ndescription = "Ada."\n[codes]\n7 = {verdict="no_such", means="…"}',
    ],
)
def test_facts_that_do_not_hold_are_named(package, text):
    (package / "facts.toml").write_text(text)
    with pytest.raises(InvalidSettings, match=r"with_facts: facts\.toml does not hold"):
        read_facts("with_facts")


def test_without_a_file_the_package_is_named(package):
    with pytest.raises(InvalidSettings, match="with_facts"):
        read_facts("with_facts")


@pytest.mark.parametrize(
    ("codes", "otherwise", "verdict", "code"),
    [
        (("190",), None, Verdict.UNAUTHORIZED, "190"),
        (("190/463", "190"), None, Verdict.UNAUTHORIZED, "190/463"),
        (("99",), None, Verdict.REJECTED, "99"),
        (("99",), Verdict.TRY_AGAIN, Verdict.TRY_AGAIN, "99"),
        ((), None, Verdict.REJECTED, "400"),
    ],
)
def test_the_first_code_that_is_known_decides_and_the_most_telling_is_shown(codes, otherwise, verdict, code):
    found = CODES.refusal(answer(), sent(), *codes, otherwise=otherwise)
    assert (found.verdict, found.partner_code) == (verdict, code)


@pytest.mark.parametrize(("asked", "wait"), [({}, 60.0), ({"retry-after": "5"}, 60.0), ({"retry-after": "90"}, 90.0)])
def test_a_throttle_waits_as_long_as_the_code_or_the_partner_says(asked, wait):
    assert CODES.refusal(answer(**asked), sent(), "4").retry_after == wait


def test_a_refusal_that_time_cannot_heal_has_no_wait():
    assert CODES.refusal(answer(**{"retry-after": "5"}), sent(), "190").retry_after is None


def test_the_status_is_looked_up_where_there_is_no_code():
    found = CODES.refusal(answer(503), sent())
    assert (found.verdict, found.reason) == (Verdict.TRY_AGAIN, Reason.PARTNER_UNAVAILABLE)


@pytest.mark.parametrize(
    ("batch", "verdict"),
    [(sent(2), Verdict.SPLIT), (sent(1), Verdict.REJECTED), (sent(2, ticket="job"), Verdict.REJECTED)],
)
def test_only_what_can_be_halved_is(batch, verdict):
    assert CODES.refusal(answer(), batch, "105").verdict is verdict
