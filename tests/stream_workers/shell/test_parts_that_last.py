"""What follows topics as long as the worker lives says so when it has ended by itself."""

import pytest

from stream_workers.shell.clock import SystemClock
from stream_workers.shell.command_reader import CommandReader
from stream_workers.shell.status_board import StatusBoard
from stream_workers.shell.topic_tail import TopicTail
from tests.support.waiting import eventually_true

NOWHERE = {"bootstrap.servers": "127.0.0.1:1"}


def nobody_has_thought_of_this(*_: object) -> None:
    raise RuntimeError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    "part",
    [
        TopicTail(NOWHERE, "connector-config", lambda _messages: None, SystemClock()),
        CommandReader(NOWHERE, "commands", lambda *_: None),
    ],
    ids=["tail", "commands"],
)
async def test_a_thread_that_has_ended(part, monkeypatch):
    assert not part.has_ended
    monkeypatch.setattr(part, "_read", nobody_has_thought_of_this)
    part.start()
    await eventually_true(lambda: part.has_ended)


async def test_a_board_that_is_not_told_any_more():
    board = StatusBoard(NOWHERE, "worker-status", nobody_has_thought_of_this, SystemClock(), print)
    assert not board.has_ended
    board.start()
    await eventually_true(lambda: board.has_ended)
    with pytest.raises(RuntimeError):
        await board._task
