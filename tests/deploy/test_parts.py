"""Parts that die start again with growing pauses; one that keeps dying stops everything with a message."""

from pathlib import Path

import pytest

from deploy.errors import CannotRun
from deploy.local.parts import MAX_QUICK_DEATHS, QUICK_DEATH_SECONDS, Stack


class FakePart:
    def __init__(self, name, happened, log=Path("part.log")):
        self.name, self.happened, self.log = name, happened, log
        self.alive = False
        self.refuses = False
        self.hopeless = False

    def start(self):
        if self.refuses:
            raise CannotRun("no port")
        self.happened.append(f"start {self.name}")
        self.alive = True

    def is_running(self):
        return self.alive

    def refuses_its_settings(self):
        return self.hopeless

    def ask_to_end(self):
        self.happened.append(f"ask {self.name}")

    def end(self):
        self.happened.append(f"end {self.name}")

    def kill(self):
        self.happened.append(f"kill {self.name}")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def said():
    return []


@pytest.fixture
def stack(clock, said):
    return Stack(said.append, clock)


def test_parts_start_in_order_and_stop_the_other_way_round_a_group_at_a_time(stack):
    happened = []
    stack.add(FakePart("kafka", happened))
    stack.add(FakePart("worker-1", happened), FakePart("worker-2", happened))

    stack.stop()

    assert happened == [
        *("start kafka", "start worker-1", "start worker-2"),
        *("ask worker-1", "ask worker-2", "end worker-1", "end worker-2", "ask kafka", "end kafka"),
    ]


def test_a_hurry_kills(stack):
    happened = []
    stack.add(FakePart("kafka", happened))

    stack.stop(in_a_hurry=lambda: True)

    assert happened[-1] == "kill kafka"


def test_a_part_that_dies_is_told_of_and_started_again_after_a_pause(stack, clock, said):
    happened = []
    part = FakePart("worker-1", happened)
    stack.add(part)
    part.alive = False

    stack.look()
    stack.look()
    assert happened == ["start worker-1"]
    assert said == ["worker-1 died; starting it again in 0.5 s. Its log: part.log"]

    clock.now += 0.5
    stack.look()
    assert happened == ["start worker-1", "start worker-1"]


def test_pauses_double_and_too_many_quick_deaths_end_it_with_the_log(stack, clock, said, tmp_path):
    log = tmp_path / "worker.log"
    log.write_text("the reason\n")
    part = FakePart("worker-1", [], log)
    stack.add(part)

    for _ in range(MAX_QUICK_DEATHS - 1):
        part.alive = False
        stack.look()
        clock.now += 8
        stack.look()
    part.alive = False

    with pytest.raises(CannotRun, match=f"worker-1 died {MAX_QUICK_DEATHS} times .*{log}:\nthe reason"):
        stack.look()
    assert [text.split(" in ")[1].split(".", 2)[:2] for text in said] == [
        ["0", "5 s"],
        ["1", "0 s"],
        ["2", "0 s"],
        ["4", "0 s"],
    ]


def test_a_part_that_refuses_its_settings_is_not_started_again(stack, tmp_path):
    log = tmp_path / "worker.log"
    log.write_text("PATCHBAY_SECRETS__KEYS: no key\n")
    part = FakePart("worker-1", [], log)
    stack.add(part)
    part.alive, part.hopeless = False, True

    with pytest.raises(CannotRun, match="worker-1 ended because of its settings:\nPATCHBAY_SECRETS__KEYS: no key"):
        stack.look()


def test_a_long_life_forgives_earlier_deaths(stack, clock, said):
    part = FakePart("worker-1", [])
    stack.add(part)

    for _ in range(MAX_QUICK_DEATHS * 2):
        clock.now += QUICK_DEATH_SECONDS
        part.alive = False
        stack.look()
        clock.now += 0.5
        stack.look()

    assert len(said) == MAX_QUICK_DEATHS * 2
    assert {text.split(" in ")[1][:5] for text in said} == {"0.5 s"}


def test_a_restart_that_cannot_be_tried_counts_as_a_death(stack, clock, said):
    part = FakePart("Kafka", [])
    stack.add(part)
    part.alive, part.refuses = False, True

    stack.look()
    clock.now += 0.5
    stack.look()
    stack.look()

    assert said[1] == "no port"
    assert said[2].startswith("Kafka died; starting it again in 1.0 s")
