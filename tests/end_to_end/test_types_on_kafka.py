"""Connector types on real Kafka: worker processes take events off it, and call the simulator in the partners' place."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from pydantic import BaseModel

from connectors.catalog import CATALOG
from connectors.kit.cases import Case, CaseAnswer, classify_answer, prepare_case
from connectors.kit.classification import Verdict
from connectors.kit.declaration import ActionType, ConnectorType, Delivers
from connectors.kit.sealing import Sealer, new_key
from connectors.records.codec import SCHEMA_VERSION, decode
from connectors.records.config import ActionConfig, Activation, AudienceConfig, ConnectorConfig, LimitsConfig
from connectors.records.delivery import Outcome
from connectors.records.profile_event import Change, MembershipEvent, Source, SourceKind
from connectors.records.topics import OUTCOMES
from deploy.local.simulator.recorded_answers import answers_of_the_catalog
from tests.faults.scene import Scene, scene_on
from tests.support.catalogue import good_cases, path_of
from tests.support.kafka import RunningKafka
from tests.support.oracle import read_all

WITHIN_SECONDS = 120.0


@dataclass(frozen=True)
class Installed:
    """One connector type with the case that it is tried with."""

    type: ConnectorType
    action: ActionType
    case: Case

    def events(self, change: Change) -> list[MembershipEvent]:
        """The people of the case, in an audience of the type's own."""
        source = Source(SourceKind.AUDIENCE, self.type.key)
        return [
            msgspec.structs.replace(
                event,
                source=source,
                change=change,
                profile_id=f"{self.type.key}-{event.profile_id}",
                event_id=f"{self.type.key}-{change}-{number}",
            )
            for number, event in enumerate(self.case.events)
            if isinstance(event, MembershipEvent)
        ]


def url_settings(settings: type[BaseModel], given: dict[str, Any]) -> dict[str, str]:
    """The settings that say where a partner is, with what they say; those that may be left out say nothing."""
    found = {name: given.get(name, info.default) for name, info in settings.model_fields.items()}
    return {
        name: value or "" for name, value in found.items() if str(value).startswith("http") or name.endswith("_url")
    }


def installed() -> list[Installed]:
    """Every type whose partner can be put elsewhere by its settings, with a case of people who join."""
    found = []
    for type_ in CATALOG:
        action = type_.actions[0]
        cases = good_cases(type_, action, lambda case: case.events[0].change is Change.JOINED)
        if type_.delivers is Delivers.SERVER and cases and url_settings(type_.settings, cases[0].settings):
            found.append(Installed(type_, action, cases[0]))
    return found


def connector(one: Installed, simulator: str, sealer: Sealer) -> ConnectorConfig:
    """As an admin would have made it, its partner being the simulator, and its batches sent at once."""
    key, case = one.type.key, one.case
    elsewhere = {
        name: f"{simulator}/{key}{urlsplit(url).path}"
        for name, url in url_settings(one.type.settings, case.settings).items()
    }
    secrets = one.type.settings.secret_fields()
    return ConnectorConfig(
        v=SCHEMA_VERSION,
        workspace="default",
        id=f"con_{key}",
        type=key,
        name=one.type.label,
        version=1,
        revision=1,
        active=True,
        activation=1,
        settings={name: value for name, value in case.settings.items() if name not in secrets} | elsewhere,
        secrets={
            name: sealer.seal(f"con_{key}", name, case.settings[name]) for name in secrets if name in case.settings
        },
        limits=LimitsConfig(batch_max_age_seconds=0.5),
        actions=(
            ActionConfig(
                id=f"act_{key}",
                type=case.action,
                name="The case",
                active=True,
                activation=1,
                fields=case.constant_fields,
                mapping=case.mapping,
            ),
        ),
    )


def audience(key: str) -> AudienceConfig:
    tie = Activation(connector_id=f"con_{key}", action_id=f"act_{key}", on=(Change.JOINED, Change.LEFT))
    return AudienceConfig(
        v=SCHEMA_VERSION, workspace="default", id=key, name=key, version=1, revision=1, activations=(tie,)
    )


def ends_at_once(one: Installed) -> bool:
    """True when what the simulator answers to this case accepts every row of it, and no job is to be waited for."""
    assert one.case.sends is not None
    prepared = prepare_case(one.type, one.case)
    head, _, body = (
        answers_of_the_catalog()
        .find(one.case.sends.method, f"/{one.type.key}{path_of(one.case)}")
        .partition(b"\r\n\r\n")
    )
    answer = CaseAnswer((), int(head.split()[1]), text=body.decode())
    return all(found.verdict is Verdict.ACCEPTED for found in classify_answer(prepared, answer))


def ends(scene: Scene) -> Counter[tuple[str, str]]:
    outcomes = [decode(Outcome, message.value()) for message in read_all(scene.settings, OUTCOMES)]
    return Counter((outcome.connector_id.removeprefix("con_"), outcome.outcome.value) for outcome in outcomes)


@pytest.mark.faults
def test_every_partner_that_can_be_elsewhere_is_called_by_workers_on_kafka(kafka: RunningKafka, tmp_path: Path):
    types, key = installed(), new_key()
    assert len(types) >= 14
    with scene_on(kafka.bootstrap_servers, tmp_path, PATCHBAY_SECRETS__KEYS=key) as scene:
        scene.publish(*(connector(one, scene.partner.url, Sealer([key])) for one in types))
        scene.publish(*(audience(one.type.key) for one in types))
        scene.workers.start()
        send(scene, types, Change.JOINED)
        called = {f"/{one.type.key}{path_of(one.case)}" for one in types}
        scene.until(lambda: all(map(scene.partner.received, called)), WITHIN_SECONDS)
        at_once = [one for one in types if ends_at_once(one)]
        assert len(at_once) >= 5
        scene.until(lambda: ended(scene, "sent") >= {one.type.key for one in at_once}, WITHIN_SECONDS)

        send(scene, at_once, Change.LEFT)
        removing = {one.type.key for one in at_once if Change.LEFT in one.action.on}
        scene.until(lambda: ended(scene, "removed") >= removing, WITHIN_SECONDS)
        unable = {one.type.key for one in at_once} - removing
        scene.until(lambda: ended(scene, "skipped") >= unable, WITHIN_SECONDS)
        assert {end for _, end in ends(scene)} <= {"sent", "removed", "skipped"}


def send(scene: Scene, types: list[Installed], change: Change) -> None:
    for one in types:
        for event in one.events(change):
            scene.stream.send(event)
    scene.stream.flush()


def ended(scene: Scene, outcome: str) -> set[str]:
    return {name for name, end in ends(scene) if end == outcome}
