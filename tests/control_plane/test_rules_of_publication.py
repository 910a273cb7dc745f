"""Publish, revert, activate and delete in any order: the workers always have exactly what a plain model says."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from connectors.records.config import AudienceConfig, ConnectorConfig
from tests.support.plane import Plane, plane_settings, running_plane

PICK = st.integers(0, 100)


@dataclass
class ModelAction:
    """An action as the rules have it."""

    id: str
    connector: "ModelConnector"
    active: bool = False
    activation: int = 0
    removed: bool = False


@dataclass
class ModelConnector:
    """A connector as the rules have it; a version is the set of its actions."""

    id: str
    active: bool = False
    activation: int = 0
    versions: list[frozenset[str]] = field(default_factory=list)


@dataclass
class ModelAudience:
    """An audience as the rules have it; a version is the set of its actions."""

    id: str
    draft: frozenset[str] = frozenset()
    versions: list[frozenset[str]] = field(default_factory=list)


class RulesOfPublication(RuleBasedStateMachine):
    """Each rule does one thing through the API, and says which status the model expects."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        self.plane: Plane = self.runner.run(self._start())
        self.connectors: list[ModelConnector] = []
        self.actions: dict[str, ModelAction] = {}
        self.audiences: list[ModelAudience] = []
        self.gone: list[str] = []

    async def _start(self) -> Plane:
        url = f"sqlite:///{Path(self.folder.name) / 'patchbay.sqlite'}"
        return await self.stack.enter_async_context(running_plane(plane_settings(url)))

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()
        self.folder.cleanup()

    def call(self, method: str, path: str, status: int, body: Any = None) -> Any:
        options = {"json": body} if body is not None else {}
        return self.runner.run(self.plane.call(method, path, status, headers={"If-Match": "*"}, **options))

    def in_use(self, action_id: str) -> bool:
        return any(action_id in held for a in self.audiences for held in (a.draft, *a.versions[-1:]))

    def present(self, connector: ModelConnector | None = None) -> list[ModelAction]:
        found = [action for action in self.actions.values() if not action.removed]
        return [action for action in found if connector is None or action.connector is connector]

    @precondition(lambda self: len(self.connectors) < 3)
    @rule()
    def create_connector(self) -> None:
        self.connectors.append(ModelConnector(self.runner.run(self.plane.connector())))

    @precondition(lambda self: self.connectors and len(self.actions) < 8)
    @rule(pick=PICK)
    def create_action(self, pick: int) -> None:
        connector = self.connectors[pick % len(self.connectors)]
        action_id = self.runner.run(self.plane.action(connector.id))
        self.actions[action_id] = ModelAction(action_id, connector)

    @precondition(lambda self: self.connectors)
    @rule(pick=PICK)
    def publish_connector(self, pick: int) -> None:
        connector = self.connectors[pick % len(self.connectors)]
        self.call("POST", f"/v1/connectors/{connector.id}/publish", 202)
        connector.versions.append(frozenset(action.id for action in self.present(connector)))

    @precondition(lambda self: any(connector.versions for connector in self.connectors))
    @rule(pick=PICK, number=PICK)
    def revert_connector(self, pick: int, number: int) -> None:
        published = [connector for connector in self.connectors if connector.versions]
        connector = published[pick % len(published)]
        number %= len(connector.versions)
        earlier = connector.versions[number]
        dropped = [action for action in self.present(connector) if action.id not in earlier]
        refused = any(self.in_use(action.id) for action in dropped)
        self.call("POST", f"/v1/connectors/{connector.id}/versions/{number + 1}/revert", 409 if refused else 202)
        if refused:
            return
        connector.versions.append(earlier)
        for action in dropped:
            self._remove(action)
        for action_id in earlier:
            self.actions[action_id].removed = False

    @precondition(lambda self: self.connectors)
    @rule(pick=PICK, active=st.booleans())
    def switch_connector(self, pick: int, active: bool) -> None:
        connector = self.connectors[pick % len(self.connectors)]
        refused = active and not connector.versions
        word = "activate" if active else "deactivate"
        self.call("PUT", f"/v1/connectors/{connector.id}/{word}", 409 if refused else 202)
        if not refused and connector.active != active:
            connector.active = active
            connector.activation += 1

    @precondition(lambda self: self.present())
    @rule(pick=PICK, active=st.booleans())
    def switch_action(self, pick: int, active: bool) -> None:
        action = self.present()[pick % len(self.present())]
        connector = action.connector
        published = bool(connector.versions) and action.id in connector.versions[-1]
        refused = active and not action.active and not (connector.active and published)
        word = "activate" if active else "deactivate"
        self.call("PUT", f"/v1/actions/{action.id}/{word}", 409 if refused else 202)
        if not refused and action.active != active:
            action.active = active
            action.activation += 1

    @precondition(lambda self: self.present())
    @rule(pick=PICK)
    def delete_action(self, pick: int) -> None:
        action = self.present()[pick % len(self.present())]
        refused = self.in_use(action.id)
        self.call("DELETE", f"/v1/actions/{action.id}", 409 if refused else 204)
        if not refused:
            self._remove(action)

    @precondition(lambda self: self.connectors)
    @rule(pick=PICK)
    def delete_connector(self, pick: int) -> None:
        connector = self.connectors[pick % len(self.connectors)]
        refused = any(self.in_use(action.id) for action in self.present(connector))
        self.call("DELETE", f"/v1/connectors/{connector.id}", 409 if refused else 204)
        if refused:
            return
        self.connectors.remove(connector)
        self.actions = {key: action for key, action in self.actions.items() if action.connector is not connector}
        if connector.versions:
            self.gone.append(f"connector:{connector.id}")

    @precondition(lambda self: len(self.audiences) < 3)
    @rule(held=st.sets(PICK, max_size=3))
    def create_audience(self, held: set[int]) -> None:
        actions = self._choose(held)
        audience_id = self.runner.run(self.plane.audience(*sorted(actions)))
        self.audiences.append(ModelAudience(audience_id, actions))

    @precondition(lambda self: self.audiences)
    @rule(pick=PICK, held=st.sets(PICK, max_size=3))
    def edit_audience(self, pick: int, held: set[int]) -> None:
        audience = self.audiences[pick % len(self.audiences)]
        audience.draft = self._choose(held)
        body = {"activations": [{"action_id": action_id} for action_id in sorted(audience.draft)]}
        self.call("PATCH", f"/v1/audiences/{audience.id}", 200, body)

    @precondition(lambda self: self.audiences)
    @rule(pick=PICK)
    def publish_audience(self, pick: int) -> None:
        audience = self.audiences[pick % len(self.audiences)]
        self.call("POST", f"/v1/audiences/{audience.id}/publish", 202)
        audience.versions.append(audience.draft)

    @precondition(lambda self: any(audience.versions for audience in self.audiences))
    @rule(pick=PICK, number=PICK)
    def revert_audience(self, pick: int, number: int) -> None:
        published = [audience for audience in self.audiences if audience.versions]
        audience = published[pick % len(published)]
        number %= len(audience.versions)
        earlier = audience.versions[number]
        refused = not earlier <= {action.id for action in self.present()}
        self.call("POST", f"/v1/audiences/{audience.id}/versions/{number + 1}/revert", 409 if refused else 202)
        if not refused:
            audience.draft = earlier
            audience.versions.append(earlier)

    @precondition(lambda self: self.audiences)
    @rule(pick=PICK)
    def delete_audience(self, pick: int) -> None:
        audience = self.audiences.pop(pick % len(self.audiences))
        self.call("DELETE", f"/v1/audiences/{audience.id}", 204)
        if audience.versions:
            self.gone.append(f"audience:{audience.id}")

    @invariant()
    def the_workers_have_what_the_model_says(self) -> None:
        self.runner.run(self.plane.relayed())
        known = {key for key, _ in self.plane.topic.records}
        for connector in self.connectors:
            key = f"connector:{connector.id}"
            assert (key in known) == bool(connector.versions)
            if connector.versions:
                self._check_connector(connector, self.plane.topic.latest(key))
        for audience in self.audiences:
            key = f"audience:{audience.id}"
            assert (key in known) == bool(audience.versions)
            if audience.versions:
                record = self.plane.topic.latest(key)
                assert isinstance(record, AudienceConfig)
                assert record.version == len(audience.versions)
                assert {activation.action_id for activation in record.activations} == audience.versions[-1]
        assert all(self.plane.topic.latest(key) is None for key in self.gone)

    def _check_connector(self, connector: ModelConnector, record: Any) -> None:
        assert isinstance(record, ConnectorConfig)
        assert record.version == len(connector.versions)
        assert (record.active, record.activation) == (connector.active, connector.activation)
        sent = {action.id: (action.active, action.activation) for action in record.actions}
        published = (self.actions[action_id] for action_id in connector.versions[-1])
        assert sent == {a.id: (a.active, a.activation) for a in published if not a.removed}

    def _choose(self, picks: set[int]) -> frozenset[str]:
        present = self.present()
        return frozenset(present[pick % len(present)].id for pick in picks) if present else frozenset()

    def _remove(self, action: ModelAction) -> None:
        action.removed = True
        if action.active:
            action.active = False
            action.activation += 1


TestRulesOfPublication = RulesOfPublication.TestCase
TestRulesOfPublication.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # shrinking what took seconds to run would take many minutes
)
