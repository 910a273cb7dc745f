"""A file can be read back as it was meant, its name follows from its rows, and no cell of it is a formula."""

import csv
import io
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.catalog.object_storage.declaration import CONNECTOR
from connectors.catalog.object_storage.settings import ObjectStorageSettings, WriteFileFields
from connectors.kit.declaration import JOINED, Batch, Row
from connectors.kit.errors import CannotRender
from tests.support.events import NOON

ACTION = CONNECTOR.actions[0]
SETTINGS = ObjectStorageSettings(
    endpoint="https://s3.example.org", bucket="acme", access_key_id="AKIA", secret_access_key="secret"
)
FIELDS = WriteFileFields(prefix="vip")


def row(number, **columns):
    return Row(f"dlv_{number}", f"p-{number}", JOINED, NOON, {}, {"columns": columns})


def render(*rows, fields=FIELDS, batch_id="bat_1", now=NOON):
    return ACTION.render(SETTINGS, fields, Batch(rows, JOINED, now, batch_id))


def table(request):
    return list(csv.DictReader(io.StringIO(request.body.decode(), newline="")))


def test_a_second_attempt_puts_the_same_bytes_at_the_same_place():
    first, second = (render(row(1), row(2), now=now) for now in (NOON, NOON + timedelta(hours=13)))
    assert (first.url, first.body) == (second.url, second.body)
    assert first.url == "https://s3.example.org/acme/vip/2026-11-22/bat_1.csv"
    assert render(row(1), row(2), batch_id="bat_2").url != first.url


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_an_event_of_no_day_cannot_be_rendered(at):
    with pytest.raises(CannotRender, match="years 1 to 9999"):
        render(msgspec.structs.replace(row(1), occurred_at=datetime.fromisoformat(at)))


def test_rows_with_different_columns_share_one_line_of_names():
    rows = table(render(row(1, email="ada@example.org"), row(2, phone="+442079460958")))
    assert [(one["email"], one["phone"]) for one in rows] == [("ada@example.org", ""), ("", "+442079460958")]


def test_a_column_cannot_take_the_place_of_one_of_ours():
    (only,) = table(render(row(1, profile_id="p-2", change="left")))
    assert (only["profile_id"], only["change"]) == ("p-1", "joined")


@pytest.mark.parametrize("value", ["=1+1", "@SUM(A1)", "\t=1", "\r=1", "-2+3", "+1*1", "-cmd|' /C calc'!A0"])
def test_a_formula_is_defused_in_values_and_in_names(value):
    (only,) = table(render(row(1, **{"note": value, value: "x"})))
    assert only["note"] == f"'{value}"
    assert f"'{value}" in only


@pytest.mark.parametrize("value", ["+442079460958", "-12.5", "2026-11-22", "ada@example.org", "a=b", ""])
def test_what_is_no_formula_stays_as_it_is(value):
    assert table(render(row(1, note=value)))[0]["note"] == value


@given(
    st.dictionaries(st.text(max_size=20), st.none() | st.booleans() | st.integers() | st.text(max_size=50), max_size=5)
)
def test_any_columns_give_files_that_can_be_read(columns):
    mapped = msgspec.structs.replace(row(1), mapped={"columns": columns})
    as_json, as_csv = render(mapped, fields=with_format("ndjson")), render(mapped)
    found = msgspec.json.decode(as_json.body)
    assert {**columns, **found} == found
    (names, *rows) = csv.reader(io.StringIO(as_csv.body.decode(), newline=""))
    assert [len(one) for one in rows] == [len(names)]
    assert not any(cell[:1] in ("=", "@", "\t", "\r") for line in (names, *rows) for cell in line)


def with_format(file_format):
    return WriteFileFields(prefix="vip", file_format=file_format)
