"""The references are current, and say what the programs do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from connectors.records import codec
from connectors.records.topics import TOPICS
from deploy.reference.pages import STALE, stale_references
from deploy.reference.topic_reference import RECORDS, description
from tests.contracts.test_golden_bytes import CONFIGS, EVENTS
from tests.contracts.test_golden_bytes import RECORDS as GOLDEN
from tests.support.checkout import ROOT

DOCS = ROOT / "docs"


def test_the_references_are_current() -> None:
    assert stale_references(DOCS) == [], STALE


def test_a_page_that_is_missing_or_edited_is_stale(tmp_path: Path) -> None:
    (tmp_path / "api.md").write_text("something else")
    assert stale_references(tmp_path) == ["api.md", "asyncapi.yaml"]


def test_every_link_within_the_api_reference_leads_somewhere() -> None:
    text = (DOCS / "api.md").read_text()
    headings = {line.removeprefix("### ").lower() for line in text.splitlines() if line.startswith("### ")}
    assert set(re.findall(r"\(#([^)]+)\)", text)) <= headings


def test_every_topic_has_a_channel_and_every_reference_resolves() -> None:
    document = yaml.safe_load((DOCS / "asyncapi.yaml").read_text())
    assert list(document["channels"]) == [topic.name for topic in TOPICS] == list(RECORDS)
    for reference in references(document):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def references(tree: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    match tree:
        case dict():
            if isinstance(tree.get("$ref"), str):
                yield tree["$ref"]
            for each in tree.values():
                yield from references(each)
        case list():
            for each in tree:
                yield from references(each)


@pytest.mark.parametrize(
    "record",
    [*(record for record, _ in (*EVENTS, *GOLDEN)), *(record for _, record, _ in CONFIGS)],
    ids=lambda record: type(record).__name__,
)
def test_what_is_written_holds_to_its_schema(record: Any) -> None:
    document = description()
    schema = {"$ref": f"#/components/schemas/{type(record).__name__}", "components": document["components"]}
    jsonschema.validate(msgspec.json.decode(codec.encode(record)), schema)
