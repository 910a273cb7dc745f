"""Decides what each request gets: the inspection pages below `/_`, a recorded answer, or a misbehaviour."""

import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qs

import msgspec

from deploy.local.simulator.behaviour import Behaviour, Behaviours
from deploy.local.simulator.exchange import Request, answer_bytes
from deploy.local.simulator.received import MAX_CHANGES, Memory
from deploy.local.simulator.recorded_answers import RecordedAnswers

DEFAULT_LIMIT = 100
Default = TypeVar("Default")


class Reply(msgspec.Struct, frozen=True, gc=False):
    """The bytes to answer with, and what befalls them on the way."""

    answer: bytes
    behaviour: Behaviour | None = None


class Partner:
    """All partners at once; `now` is the clock. It remembers up to `most_changes` changes of profiles."""

    def __init__(
        self,
        recorded: RecordedAnswers,
        now: Callable[[], float] = time.time,
        *,
        most_changes: int = MAX_CHANGES,
    ) -> None:
        self._recorded = recorded
        self._now = now
        self._memory = Memory(most_changes)
        self._behaviours = Behaviours()
        self._pages: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/_received"): self._latest,
            ("DELETE", "/_received"): lambda _: self._memory.clear(),
            ("GET", "/_counts"): lambda _: self._memory.counts(),
            ("GET", "/_profiles"): lambda request: self._memory.profiles(_argument(request, "path", "")),
            ("GET", "/_behaviour"): lambda _: self._behaviours.all(),
            ("PUT", "/_behaviour"): lambda request: self._behaviours.put(_behaviour(request)),
            ("DELETE", "/_behaviour"): lambda request: self._behaviours.clear(_argument(request, "path", None)),
        }

    def reply(self, request: Request) -> Reply:
        """The reply to one request; it is remembered unless it asks for an inspection page."""
        if request.path.startswith("/_"):
            return Reply(self._page(request))
        answer = self._recorded.find(request.method, request.path)
        behaviour = self._behaviours.next_for(request.path)
        if behaviour is not None:
            answer = _altered(answer, behaviour)
        status = None if behaviour is not None and behaviour.spoils_the_answer else int(answer[9:12])
        self._memory.add(request, status, self._now())
        return Reply(answer, behaviour)

    def _page(self, request: Request) -> bytes:
        page = self._pages.get((request.method, request.path))
        if page is None:
            pages = sorted(f"{method} {path}" for method, path in self._pages)
            return answer_bytes(404, msgspec.json.encode({"detail": "No such page.", "pages": pages}))
        try:
            return answer_bytes(200, msgspec.json.encode(page(request)))
        except (msgspec.MsgspecError, ValueError) as error:
            return answer_bytes(400, msgspec.json.encode({"detail": str(error)}))

    def _latest(self, request: Request) -> object:
        limit = int(_argument(request, "limit", None) or DEFAULT_LIMIT)
        return self._memory.latest(_argument(request, "path", ""), limit)


def _argument(request: Request, name: str, default: Default) -> str | Default:
    values = parse_qs(request.query).get(name)
    return values[0] if values else default


def _behaviour(request: Request) -> Behaviour:
    return msgspec.json.decode(request.body, type=Behaviour)


def _altered(answer: bytes, behaviour: Behaviour) -> bytes:
    if behaviour.status is None and behaviour.body is None and not behaviour.headers and behaviour.retry_after is None:
        return answer
    head, _, body = answer.partition(b"\r\n\r\n")
    headers = dict(behaviour.headers)
    if behaviour.retry_after is not None:
        headers["Retry-After"] = str(behaviour.retry_after)
    if behaviour.body is not None:
        body = behaviour.body.encode()
    elif behaviour.status is not None:
        body = b"{}"
    return answer_bytes(behaviour.status or int(head[9:12]), body, headers)
