"""Names of events become parts of keys, which U+0000 separates: no name may hold it."""

import pytest

from connectors.records import codec
from connectors.records.delivery import Reason
from connectors.records.profile_event import Source, SourceKind
from tests.support.builders import event_bytes, membership, plain_event

STEP = Source(SourceKind.JOURNEY, "the-journey", "the-step")
JOURNEY = event_bytes(membership("the-profile", event_id="the-event", source=STEP))
FEED = event_bytes(plain_event("the-profile", name="the-name"))


@pytest.mark.parametrize(
    ("value", "path", "name"),
    [
        (JOURNEY, "workspace", b"default"),
        (JOURNEY, "profile_id", b"the-profile"),
        (JOURNEY, "event_id", b"the-event"),
        (JOURNEY, "source.id", b"the-journey"),
        (JOURNEY, "source.step", b"the-step"),
        (FEED, "name", b"the-name"),
    ],
)
def test_a_name_with_nul_would_run_into_the_next_part_of_a_key(value: bytes, path: str, name: bytes) -> None:
    assert value.count(b'"%s"' % name) == 1
    with pytest.raises(codec.UndecodableRecord, match=rf"`\$\.{path}` holds U\+0000") as raised:
        codec.decode_event(value.replace(b'"%s"' % name, rb'"%s\u0000x"' % name))
    assert raised.value.reason is Reason.UNDECODABLE


def test_an_attribute_may_hold_nul() -> None:
    value = event_bytes(membership("the-profile", attributes={"note": "a\0b"}))
    assert codec.decode_event(value).attributes == {"note": "a\0b"}
