"""A message's id is its delivery id, and sessions are sent where they are mapped."""

import msgspec
import pytest

from connectors.catalog.azure_service_bus.declaration import CONNECTOR
from connectors.catalog.azure_service_bus.settings import SendMessageFields, ServiceBusSettings
from connectors.kit.declaration import JOINED, Batch, Row
from tests.support.events import NOON

POLICY = "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=patchbay;SharedAccessKey=c2VjcmV0"
SETTINGS = ServiceBusSettings(connection_string=POLICY, queue_or_topic="changes")


def broker_properties(**mapped):
    rows = (Row("dlv_1", "p-1", JOINED, NOON, {}, {"body": {}, **mapped}, "e-1"),)
    request = CONNECTOR.actions[0].render(SETTINGS, SendMessageFields(), Batch(rows, JOINED, NOON, "dlv_1"))
    return msgspec.json.decode(request.body)[0]["BrokerProperties"]


@pytest.mark.parametrize(
    ("mapped", "session"),
    [({}, {}), ({"session_id": "p-1"}, {"SessionId": "p-1"}), ({"session_id": 7}, {"SessionId": "7"})],
)
def test_the_message_id_lets_a_queue_drop_what_is_sent_twice(mapped, session):
    assert broker_properties(**mapped) == {"MessageId": "dlv_1", **session}


def test_a_long_session_id_becomes_one_of_the_allowed_length():
    assert len(broker_properties(session_id="s" * 500)["SessionId"]) <= 128


def test_without_a_queue_or_topic_the_settings_are_refused():
    with pytest.raises(ValueError, match="Queue or topic is needed"):
        ServiceBusSettings(connection_string=POLICY)
