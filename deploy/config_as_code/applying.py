"""Makes the configuration as the file says, in the order in which the parts need each other."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from deploy.config_as_code.document import AlertEntry, ConnectorEntry, CustomTypeEntry, Document, SecretReference
from deploy.config_as_code.planning import Change, Plan
from deploy.config_as_code.state import SOURCES, Api, Place, State
from deploy.errors import CannotRun

Say = Callable[[str], None]


class Applier:
    """One application of a plan. What the API refuses ends it; applied again, it goes on where it ended."""

    def __init__(self, api: Api, state: State, say: Say, *, replace_secrets: bool = False) -> None:
        self._api = api
        self._state = state
        self._say = say
        self._replace_secrets = replace_secrets
        self._revised: set[str] = set()

    def apply(self, wanted: Document, plan: Plan) -> None:
        """Off first, then drafts, publications and activations, then what listens, then what goes."""
        secrets = self._secrets(wanted, plan)
        self._switch_off(wanted, plan)
        for key, custom in wanted.custom_connector_types.items():
            self._custom_type(key, custom, plan)
        for key, connector in wanted.connectors.items():
            self._connector(key, connector, plan, secrets)
        for section, path in SOURCES.items():
            for key, source in getattr(wanted, section).items():
                self._source((section, key), path, source, plan)
        for key, alert in wanted.alerts.items():
            self._alert(key, alert, plan, secrets)
        self._prune(wanted, plan)

    def _secrets(self, wanted: Document, plan: Plan) -> dict[Place, dict[str, str]]:
        """The secrets to send, from the environment; raises `CannotRun` with all that is missing, before any change."""
        needed = {place: names for place, names in self._needed_secrets(wanted, plan).items() if names}
        variables = {reference.from_env for names in needed.values() for reference in names.values()}
        missing = sorted(variables - set(os.environ))
        if missing:
            raise CannotRun("\n".join(["These secrets are needed; put them into the environment:", *missing]))
        return {place: {name: os.environ[ref.from_env] for name, ref in refs.items()} for place, refs in needed.items()}

    def _needed_secrets(self, wanted: Document, plan: Plan) -> dict[Place, dict[str, SecretReference]]:
        needed: dict[Place, dict[str, SecretReference]] = {}
        for key, connector in wanted.connectors.items():
            place = ("connectors", key)
            change = plan.of(place)
            every = self._replace_secrets or (change is not None and self._moves(change, connector))
            fresh = set() if change is None else {path for path, _, _ in change.fields}
            needed[place] = {
                name: reference for name, reference in connector.secrets.items() if every or f"secrets.{name}" in fresh
            }
        for key, alert in wanted.alerts.items():
            change = plan.of(("alerts", key))
            is_new = change is not None and change.touches("secret")
            if alert.secret is not None and (is_new or self._replace_secrets):
                needed["alerts", key] = {"secret": alert.secret}
        return needed

    def _moves(self, change: Change, connector: ConnectorEntry) -> bool:
        # Another host clears the secrets, so that they must all be entered again.
        known = self._state.types.get(connector.type) or {"host_fields": []}
        paths = {path for path, _, _ in change.fields}
        return change.verb == "update" and any(f"settings.{name}" in paths for name in known["host_fields"])

    def _switch_off(self, wanted: Document, plan: Plan) -> None:
        for change in plan.changes:
            entry = _entry(wanted, change.place)
            if change.verb != "update" or entry is None:
                continue
            if change.touches("active") and not getattr(entry, "active", True) and change.place[0] == "connectors":
                self._do(change.place, "deactivate")
            if change.touches("paused") and getattr(entry, "paused", False):
                self._do(change.place, "pause")

    def _custom_type(self, key: str, entry: CustomTypeEntry, plan: Plan) -> None:
        place: Place = ("custom_connector_types", key)
        change = plan.of(place)
        if change is None:
            return
        body = {"definition": {**entry.model_dump(), "key": key}}
        if change.verb == "create":
            self._create(place, "/v1/custom-connector-types", body)
        else:
            path = f"/v1/custom-connector-types/{self._state.ids[place]}"
            self._call("PUT", place, path, body, "revised", if_match=self._seen(place))
            self._revised.add(f"custom:{key}")

    def _take_revision(self, place: Place, type_: str) -> None:
        revision = type_.partition("@")[2]
        path = f"/v1/connectors/{self._state.ids[place]}/definition"
        self._call("PUT", place, path, {"revision": int(revision)} if revision else None, "revised", if_match="*")

    def _connector(self, key: str, entry: ConnectorEntry, plan: Plan, secrets: Mapping[Place, Any]) -> None:
        place: Place = ("connectors", key)
        change = plan.of(place)
        body: dict[str, Any] = {name: getattr(entry, name) for name in ("settings", "identifiers", "limits", "labels")}
        body |= {"name": entry.name or key, "secrets": secrets.get(place, {})}
        is_new = change is not None and change.verb == "create"
        revises = not is_new and (entry.type in self._revised or (change is not None and change.touches("type")))
        if revises:
            self._take_revision(place, entry.type)
        if is_new:
            self._create(place, "/v1/connectors", {"type": entry.type, **body})
        elif place in secrets or (change is not None and change.touches(*body)):
            self._patch(place, "connectors", body)
        edited = [self._action((*place, "actions", name), action, plan) for name, action in entry.actions.items()]
        if entry.published and (any(edited) or revises or place in secrets or _is_to_publish(change)):
            self._publish(place, "connectors")
        self._activate(place, entry, plan)

    def _action(self, place: Place, entry: Any, plan: Plan) -> bool:
        """True when the draft of its connector has changed."""
        change = plan.of(place)
        body = {name: getattr(entry, name) for name in ("type", "fields", "mapping", "consent")}
        body["name"] = entry.name or place[-1]
        if change is not None and change.verb == "create":
            self._create(place, f"/v1/connectors/{self._state.ids[place[:2]]}/actions", body)
        elif change is not None and change.touches(*body):
            self._patch(place, "actions", body)
        else:
            return False
        return True

    def _activate(self, place: Place, entry: ConnectorEntry, plan: Plan) -> None:
        waiting = [
            (*place, "actions", name)
            for name, action in entry.actions.items()
            if action.active and _is_to_switch(plan.of((*place, "actions", name)), "active")
        ]
        change = plan.of(place)
        # An action is activated while its connector is on. One to stay off is paused meanwhile: nothing is sent.
        if waiting and not entry.active:
            self._do(place, "pause")
            self._do(place, "activate")
        elif entry.paused and change is not None and change.verb == "create":
            self._do(place, "pause")
        if entry.active and _is_to_switch(change, "active"):
            self._do(place, "activate")
        for action in waiting:
            self._do(action, "activate")
        if waiting and not entry.active:
            self._do(place, "deactivate")
        resumes = change is not None and change.verb == "update" and change.touches("paused")
        if not entry.paused and (resumes or (waiting and not entry.active)):
            self._do(place, "resume")

    def _source(self, place: Place, path: str, entry: Any, plan: Plan) -> None:
        change = plan.of(place)
        if change is None or change.verb not in ("create", "update"):
            return
        told = entry.model_dump(exclude={"published", "activations", "name"}, exclude_none=True)
        body = {**told, "name": entry.name or place[-1], "activations": self._activations(place[0], entry)}
        if change.verb == "create":
            self._create(place, f"/v1/{path}", body)
        elif not all(field == "published" for field, _, _ in change.fields):
            body.pop("source_id", None)
            self._patch(place, path, body)
        if entry.published:
            self._publish(place, path)

    def _activations(self, section: str, entry: Any) -> list[dict[str, Any]]:
        return [
            {
                "action_id": self._state.ids["connectors", each.connector, "actions", each.action],
                "on": each.on,
                **({"step": each.step} if section == "journeys" else {}),
            }
            for each in entry.activations
        ]

    def _alert(self, key: str, entry: AlertEntry, plan: Plan, secrets: Mapping[Place, Any]) -> None:
        place: Place = ("alerts", key)
        change = plan.of(place)
        if change is None and place not in secrets:
            return
        body = entry.model_dump(exclude={"connector", "secret", "name"})
        body |= {"name": entry.name or key, **secrets.get(place, {})}
        body["connector_id"] = None if entry.connector is None else self._state.ids["connectors", entry.connector]
        if change is not None and change.verb == "create":
            self._create(place, "/v1/alerts", body)
        else:
            self._call("PUT", place, f"/v1/alerts/{self._state.ids[place]}", body, "changed", if_match="*")

    def _prune(self, wanted: Document, plan: Plan) -> None:
        going = [change.place for change in plan.changes if change.verb == "delete"]
        order = (*SOURCES, "alerts", "connectors", "custom_connector_types")
        lacking: dict[Place, None] = {}
        for place in sorted(going, key=lambda each: (order.index(each[0]), -len(each))):
            path = "actions" if len(place) == 4 else SOURCES.get(place[0], place[0].replace("_", "-"))
            self._call("DELETE", place, f"/v1/{path}/{self._state.ids[place]}", None, "deleted", if_match="*")
            if len(place) == 4:
                lacking[place[:2]] = None
        for place in lacking:
            if wanted.connectors[place[1]].published:
                self._publish(place, "connectors")

    def _create(self, place: Place, path: str, body: Mapping[str, Any]) -> None:
        self._state.note(place, self._call("POST", place, path, body, "created"))

    def _patch(self, place: Place, path: str, body: Mapping[str, Any]) -> None:
        address = f"/v1/{path}/{self._state.ids[place]}"
        self._call("PATCH", place, address, body, "changed", if_match=self._seen(place))

    def _seen(self, place: Place) -> str:
        """The ETag that the plan was made from, unless we have changed the object since."""
        version = self._state.versions.get(self._state.ids[place])
        return "*" if version is None else f'"{version}"'

    def _publish(self, place: Place, path: str) -> None:
        answer = self._call("POST", place, f"/v1/{path}/{self._state.ids[place]}/publish", None, "published")
        for warning in answer.get("warnings", ()):
            self._say(f"    {warning['detail']}")

    def _do(self, place: Place, operation: str) -> None:
        path = "actions" if len(place) == 4 else "connectors"
        self._call("PUT", place, f"/v1/{path}/{self._state.ids[place]}/{operation}", None, f"{operation}d")

    def _call(self, method: str, place: Place, path: str, body: Any, told: str, *, if_match: str | None = None) -> Any:
        answer = self._api.call(method, path, body, if_match=if_match)
        for changed in (place, place[:2]):  # a connector moves with its actions
            self._state.versions.pop(self._state.ids.get(changed, ""), None)
        self._say(f"{told:12} {' / '.join((place[0], *place[1::2]))}")
        return answer


def _entry(wanted: Document, place: Place) -> BaseModel | None:
    entry: BaseModel | None = getattr(wanted, place[0]).get(place[1])
    if len(place) == 4 and isinstance(entry, ConnectorEntry):
        return entry.actions.get(place[3])
    return entry


def _is_to_publish(change: Change | None) -> bool:
    if change is None:
        return False
    return change.verb == "create" or not all(_is_operational(path) for path, _, _ in change.fields)


def _is_operational(path: str) -> bool:
    return path in ("active", "paused", "labels")


def _is_to_switch(change: Change | None, name: str) -> bool:
    return change is not None and change.touches(name)
