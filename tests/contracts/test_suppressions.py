"""Whoever silences a rule says why, on the same line."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ("connectors", "control_plane", "deploy", "stream_workers", "tests")
SILENCED = re.compile(r"# (?:ruff: )?noqa|# type: ignore|(?:eslint|biome|ts)-(?:disable|ignore|expect-error)")
WITH_A_REASON = re.compile(r"# (?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])  # \w|# ruff: noqa: [A-Z0-9, ]+  \(\w")


def sources() -> list[Path]:
    console = ROOT / "control_plane/console/src"
    found = [
        path for program in PROGRAMS for path in (ROOT / program).rglob("*.py") if "node_modules" not in path.parts
    ]
    return [*found, *console.rglob("*.ts"), *console.rglob("*.tsx")]


def unexplained(text: str) -> list[str]:
    return [line for line in text.splitlines() if SILENCED.search(line) and not WITH_A_REASON.search(line)]


def test_every_silenced_rule_has_a_reason() -> None:
    found = {
        str(path): lines for path in sources() if path != Path(__file__) and (lines := unexplained(path.read_text()))
    }
    assert found == {}


@pytest.mark.parametrize("line", ["x = 1  # noqa: E501", "x = 1  # noqa", "x = 1  # type: ignore", "// ts-ignore"])
def test_a_silenced_rule_without_a_reason_is_found(line: str) -> None:
    assert unexplained(line) == [line]


def test_a_reason_stands_behind_a_second_hash() -> None:
    assert unexplained("x = 1  # noqa: E731  # liquid asks for it") == []
