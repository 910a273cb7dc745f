"""The tags of a published configuration are those of live actions, with the memberships they are tied to."""

import pytest

from connectors.catalog.tag.declaration import CONNECTOR
from connectors.kit.registry import Registry
from connectors.kit.tag_publication import published_tags
from connectors.records.profile_event import Change
from stream_workers.core.live_config import make_live
from tests.support.acme import ACME
from tests.support.builders import action, activation, audience, connector, journey

REGISTRY = Registry([CONNECTOR, ACME])
JOINED = activation("act_1", Change.JOINED)


def fire_tag(**changes):
    return action(**{"type": "fire_tag", "fields": {"path": "/collect"}, "consent": ("ads",), **changes})


def pixel(*actions, **changes):
    return connector(
        *(actions or (fire_tag(),)), **{"type": "tag", "settings": {"host": "pixel.example.org"}, **changes}
    )


def test_an_action_is_a_tag_for_every_membership_that_it_is_tied_to():
    step = activation("act_1", Change.ENTERED, step="mail-1")
    (tag,) = published_tags([pixel(), audience(JOINED), journey(step)], REGISTRY).tags
    assert (tag.id, tag.memberships, tag.consent) == ("act_1", ("vip", "welcome/mail-1"), ("ads",))
    assert tag.template.url == "https://pixel.example.org/collect"


@pytest.mark.parametrize(
    "records",
    [
        [pixel()],
        [audience(JOINED)],
        [pixel(active=False), audience(JOINED)],
        [pixel(paused=True), audience(JOINED)],
        [pixel(fire_tag(active=False)), audience(JOINED)],
        [connector(), audience()],
    ],
)
def test_what_is_off_or_tied_to_nothing_or_sent_by_servers_is_no_tag(records):
    assert published_tags(records, REGISTRY).tags == ()


@pytest.mark.parametrize("change", [{"fields": {"path": "no slash"}}, {"type": "no_such"}])
def test_an_action_that_does_not_hold_is_named_and_keeps_no_other_from_firing(change):
    broken = action("act_2", **{"type": "fire_tag", "fields": {"path": "/b"}, **change})
    tied = audience(JOINED, activation("act_2", Change.JOINED))
    found = published_tags([pixel(fire_tag(), broken), tied], REGISTRY)
    assert ([tag.id for tag in found.tags], found.broken) == (["act_1"], ("act_2",))


def test_workers_have_no_part_in_tags():
    live = make_live(pixel(), CONNECTOR, lambda *_: "")
    assert (live.broken, dict(live.actions)) == (None, {})
