"""What the transport leans on is still there: these tests fail loudly when Faust or aiokafka change."""

import importlib
import inspect
from importlib.metadata import version
from types import SimpleNamespace

import faust.streams
import pytest
from aiokafka import AIOKafkaConsumer
from faust.transport.consumer import Consumer as FaustConsumer
from faust.types.tuples import ConsumerMessage

from stream_workers.transport.chunks import AIOKAFKA_VERSION, FAUST_VERSION, INTERNALS


def test_the_versions_are_the_ones_that_were_read():
    assert version("faust-streaming") == FAUST_VERSION
    assert version("aiokafka") == AIOKAFKA_VERSION


@pytest.mark.parametrize("place", INTERNALS)
def test_every_private_name_exists(place):
    module, _, class_name = place.partition(":")
    class_ = getattr(importlib.import_module(module), class_name)
    source = inspect.getsource(class_) + inspect.getsource(FaustConsumer)
    missing = [name for name in INTERNALS[place] if not hasattr(class_, name) and name not in source]
    assert missing == []


def test_the_compiled_stream_iterator_is_in_use():
    assert faust.streams._CStreamIterator is not None


def test_aiokafka_keeps_the_attributes_that_are_set_before_it_starts():
    source = inspect.getsource(AIOKafkaConsumer)
    for name in ("_isolation_level", "_fetch_min_bytes", "_fetch_max_wait_ms", "_coordinator"):
        assert f"self.{name}" in source


def test_a_message_takes_the_arguments_that_chunks_are_built_with():
    names = list(inspect.signature(ConsumerMessage.__init__).parameters)
    assert names[1:13] == [
        "topic",
        "partition",
        "offset",
        "timestamp",
        "timestamp_type",
        "headers",
        "key",
        "value",
        "checksum",
        "serialized_key_size",
        "serialized_value_size",
        "tp",
    ]


def test_the_drain_loop_asks_the_read_offsets_what_to_drop():
    assert "self._read_offset.__getitem__" in inspect.getsource(FaustConsumer._drain_messages)


def test_stock_faust_still_commits_past_a_message_in_flight():
    """Why nothing of ours goes through Faust's commits (faust-streaming#606): offset 2585 is not finished here."""
    tp = ("memberships", 0)
    consumer = SimpleNamespace(
        _acked={tp: [2586, 2587, 2588, 2589]},
        _acked_index={tp: {2586, 2587, 2588, 2589}},
        _gap={tp: None},
        _committed_offset={tp: 2585},
    )
    assert FaustConsumer._new_offset(consumer, tp) == 2590
