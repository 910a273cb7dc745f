"""What partners answer, taken from the connectors' recorded cases: one truth for the simulator and the tests."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy.local.simulator.exchange import answer_bytes

REPOSITORY = Path(__file__).parents[3]
PLACES = (Path(__file__).parent / "cases", REPOSITORY / "tests" / "connectors")
DEFAULT = answer_bytes(200, b"{}")
HOP_BY_HOP = {"content-length", "transfer-encoding", "connection", "content-encoding"}


class RecordedAnswers:
    """Looks an answer up by method and `/<connector type>/<path at the partner>`.

    A path that differs from the recorded one in segments with digits only (ids, versions) is the same path. Of several
    cases the first accepted answer is taken: the simulator is a partner in good health until it is told otherwise.
    """

    def __init__(self, folder: Path | None = None) -> None:
        place = folder or next((place for place in PLACES if place.is_dir()), None)
        self._answers: dict[tuple[str, str], bytes] = {}
        for method, path, answer in _accepted_answers(place) if place else ():
            self._answers.setdefault((method, path), answer)
            self._answers.setdefault((method, _shape(path)), answer)

    def __len__(self) -> int:
        return len(self._answers)

    def find(self, method: str, path: str) -> bytes:
        """The answer, whole; `200 {}` for what no case knows."""
        answers = self._answers
        return answers.get((method, path)) or answers.get((method, _shape(path))) or DEFAULT


def _accepted_answers(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    for file in sorted(folder.glob("*/cases/*.json")):
        case = json.loads(file.read_text())
        key = file.parent.parent.name
        for sent, answers in _exchanges(case):
            accepted = next((answer for answer in answers if _is_accepted(answer)), None)
            if accepted is not None:
                yield sent["method"], f"/{key}{urlsplit(sent['url']).path}", _whole(accepted)


def _exchanges(case: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    if isinstance(case.get("sends"), dict):
        yield case["sends"], case.get("answers", [])


def _is_accepted(answer: dict[str, Any]) -> bool:
    return any(str(means).startswith(("accepted", "already_done")) for means in answer.get("means", ()))


def _whole(answer: dict[str, Any]) -> bytes:
    body = json.dumps(answer["json"]).encode() if "json" in answer else str(answer.get("text", "")).encode()
    headers = {name: str(value) for name, value in answer.get("headers", {}).items() if name.lower() not in HOP_BY_HOP}
    return answer_bytes(answer.get("status", 200), body, headers)


def _shape(path: str) -> str:
    return "/".join("*" if re.search(r"\d", segment) else segment for segment in path.split("/"))
