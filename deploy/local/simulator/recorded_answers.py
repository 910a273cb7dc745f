"""What partners answer, taken from the connectors' recorded cases: one truth for the simulator and the tests."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from connectors.catalog import find_cases, load_catalog
from connectors.kit.cases import RecordedAnswer, load_cases, recorded_answers
from deploy.local.simulator.exchange import answer_bytes

DEFAULT = answer_bytes(200, b"{}")
SAID_BY_THE_BYTES = {"content-length", "transfer-encoding", "connection", "content-encoding"}


class RecordedAnswers:
    """Looks an answer up by method and `/<connector type>/<path at the partner>`.

    A path that differs from the recorded one in segments with digits only (ids, versions) is the same path. Of several
    answers the first accepted one is taken: the simulator is a partner in good health until it is told otherwise.
    """

    def __init__(self, answers: Iterable[tuple[str, RecordedAnswer]]) -> None:
        self._answers: dict[tuple[str, str], bytes] = {}
        for key, answer in answers:
            if answer.accepted:
                path = f"/{key}{urlsplit(answer.url).path}"
                self._answers.setdefault((answer.method, path), _whole(answer))
                self._answers.setdefault((answer.method, _shape(path)), _whole(answer))

    def __len__(self) -> int:
        return len(self._answers)

    def find(self, method: str, path: str) -> bytes:
        """The answer, whole; `200 {}` for what no case knows."""
        answers = self._answers
        return answers.get((method, path)) or answers.get((method, _shape(path))) or DEFAULT


def answers_of_the_catalog() -> RecordedAnswers:
    """The answers of every connector type's recorded cases."""
    return RecordedAnswers(_recorded())


def _recorded() -> Iterator[tuple[str, RecordedAnswer]]:
    for type_ in load_catalog():
        for case in load_cases(find_cases(type_.key)):
            for answer in recorded_answers(case):
                yield type_.key, answer


def _whole(answer: RecordedAnswer) -> bytes:
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in SAID_BY_THE_BYTES}
    return answer_bytes(answer.status, answer.body, headers)


def _shape(path: str) -> str:
    return "/".join("*" if re.search(r"\d", segment) else segment for segment in path.split("/"))
