"""The worker as it is put together: what one connector's record does to the others."""

from dataclasses import replace

from pydantic import model_validator
from structlog.testing import capture_logs

from connectors.kit.program_settings import KafkaSettings
from connectors.kit.registry import Registry
from connectors.records.config import config_key
from stream_workers.app import DeliveryProgram
from stream_workers.settings import WorkerSettings
from tests.support.acme import ACME, AcmeSettings
from tests.support.builders import connector


class UnthoughtOf(AcmeSettings):
    """Settings whose check breaks as no check should."""

    @model_validator(mode="after")
    def check(self) -> "UnthoughtOf":
        """What a library might raise."""
        raise RecursionError("an-api-key")


async def test_a_connector_that_nobody_can_make_ready_is_broken_and_holds_up_no_other():
    registry = Registry([ACME, replace(ACME, key="odd", settings=UnthoughtOf)])
    program = DeliveryProgram(WorkerSettings(kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1")), registry)
    odd, good = connector(connector_id="con_1", type="odd"), connector(connector_id="con_2", active=False)
    with capture_logs() as told:
        program._apply([(number, config_key("connector", one.id), one) for number, one in enumerate((odd, good))])
    connectors = program.engine.dispatcher.view.connectors
    assert connectors["con_1"].broken is not None
    assert connectors["con_1"].actions["act_1"].broken is not None
    assert not connectors["con_2"].config.active
    unusable = [line for line in told if line["event"] == "connector.unusable"]
    assert [(line["connector_id"], line["error"]) for line in unusable] == [("con_1", "RecursionError")]
    assert "an-api-key" not in str(told)
