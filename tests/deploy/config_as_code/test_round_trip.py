"""Export, plan and apply against real control planes: nothing is lost, nothing is done twice, nothing is shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.api_client import ApiClient
from deploy.config_as_code import commands
from deploy.config_as_code.document import Document
from deploy.config_as_code.planning import Plan
from deploy.errors import CannotRun
from tests.support.served_plane import served_plane

SECRET, WEBHOOK_SECRET = "s3cret-of-the-ledger", "whsec_" + "c" * 32
ENVIRONMENT = {"BOOKS_API_KEY": SECRET, "BOOKS_2_API_KEY": SECRET, "OFF_API_KEY": SECRET, "ANY_SECRET": WEBHOOK_SECRET}
TEMPLATE = "{% if profile.attributes.vip %}\n  yes: {{ profile.id }}\n{% endif %}\n"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiClient]:
    """A control plane with nothing in it."""
    (tmp_path / "one").mkdir()
    with served_plane(tmp_path / "one") as plane:
        yield ApiClient(plane.url, plane.api_key)


@pytest.fixture
def other_api(tmp_path: Path) -> Iterator[ApiClient]:
    """Another one."""
    (tmp_path / "two").mkdir()
    with served_plane(tmp_path / "two") as plane:
        yield ApiClient(plane.url, plane.api_key)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets that files refer to."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def ledger(api: ApiClient, name: str, **more: Any) -> str:
    """A published connector's id."""
    body = {"type": "ledger", "name": name, "settings": {"url": "https://ledger.example"}, **more}
    connector_id = str(api.call("POST", "/v1/connectors", {"secrets": {"api_key": SECRET}, **body})["id"])
    api.call("POST", f"/v1/connectors/{connector_id}/publish")
    return connector_id


def action(api: ApiClient, connector_id: str, name: str, **more: Any) -> str:
    """A published action's id."""
    body = {"type": "sync_list", "name": name, "fields": {"list_id": "l_1"}, **more}
    action_id = str(api.call("POST", f"/v1/connectors/{connector_id}/actions", body)["id"])
    api.call("POST", f"/v1/connectors/{connector_id}/publish")
    return action_id


def switch(api: ApiClient, path: str, *operations: str) -> None:
    """Operate one object."""
    for operation in operations:
        api.call("PUT", f"/v1/{path}/{operation}")


CRM = {"label": "Our CRM", "url": "https://crm.example", "body": {"mapping": {"who": "{{ profile.id }}"}}}


def configure(api: ApiClient) -> None:
    """Something of everything: two of one name, drafts, what is off and paused, sources of each kind, an alert."""
    books = ledger(api, "Books", labels=["crm"], limits={"timeout_seconds": 1.5}, identifiers=["email"])
    vips = action(api, books, "VIPs", mapping={"note": TEMPLATE}, consent=["marketing"])
    entry = action(api, books, "Entries", type="write_entry", fields={}, mapping={"entry": {"a": [1, None, {}]}})
    switch(api, f"connectors/{books}", "activate", "pause")
    switch(api, f"actions/{vips}", "activate")
    ledger(api, "Books")
    off = ledger(api, "Off")
    silent = action(api, off, "Silent")
    switch(api, f"connectors/{off}", "activate")
    switch(api, f"actions/{silent}", "activate")
    switch(api, f"connectors/{off}", "deactivate")
    api.call("POST", "/v1/connectors", draft())
    audience = {"name": "Loyal", "source_id": "loyal", "activations": [{"action_id": vips, "on": ["joined"]}]}
    publish(api, "audiences", audience)
    steps = [{"id": "s1", "name": "Hello"}, {"id": "s2", "name": "2026-01-01"}]
    activations = [{"action_id": vips, "step": "s1"}, {"action_id": silent}]
    publish(api, "journeys", {"name": "Welcome", "source_id": "w", "steps": steps, "activations": activations})
    publish(api, "event-feeds", {"name": "Orders", "event_names": ["paid"], "activations": [{"action_id": entry}]})
    api.call("POST", "/v1/audiences", {"name": "Only a draft", "source_id": "draft"})
    condition, channel = {"kind": "error_rate", "percent": 5}, {"kind": "webhook", "url": "https://alerts.example/x"}
    alert = {"name": "Any", "condition": condition, "channel": channel, "secret": WEBHOOK_SECRET, "connector_id": books}
    api.call("POST", "/v1/alerts", alert)
    api.call("POST", "/v1/custom-connector-types", {"definition": {"key": "crm", **CRM}})
    crm = {"type": "custom:crm", "name": "CRM"}
    action(api, str(api.call("POST", "/v1/connectors", crm)["id"]), "Tell", type="send_event", fields={})


def draft() -> dict[str, Any]:
    """A connector that cannot be published yet."""
    return {"type": "ledger", "name": "Draft", "settings": {"url": "https://ledger.example"}}


def publish(api: ApiClient, path: str, body: dict[str, Any]) -> None:
    """A published source."""
    made = api.call("POST", f"/v1/{path}", body)
    api.call("POST", f"/v1/{path}/{made['id']}/publish")


def planned(api: ApiClient, file: Path, *, prune: bool = False) -> tuple[Plan, list[str]]:
    """The plan, and what was said of it."""
    said: list[str] = []
    return commands.plan(api, file, said.append, prune=prune), said


def applied(api: ApiClient, file: Path, **options: bool) -> list[str]:
    """What was said."""
    said: list[str] = []
    commands.apply(api, file, said.append, lambda: True, **{"prune": False, "replace_secrets": False, **options})
    return said


def written(folder: Path, document: Any) -> Path:
    """A file with this."""
    file = folder / "config.yaml"
    file.write_text(document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False))
    return file


def test_what_is_exported_is_as_the_file_says_here_and_after_it_is_applied_elsewhere(
    api: ApiClient, other_api: ApiClient, tmp_path: Path
) -> None:
    configure(api)
    text = commands.export(api)
    file = written(tmp_path, text)

    assert planned(api, file)[0].changes == ()
    assert SECRET not in text
    assert WEBHOOK_SECRET not in text
    assert "|" in text

    applied(other_api, file)
    assert planned(other_api, file, prune=True)[0].changes == ()
    assert commands.export(other_api) == text
    assert applied(other_api, file) == [commands.NOTHING_TO_DO]
    off = next(item for item in other_api.get("/v1/connectors")["items"] if item["name"] == "Off")
    assert (off["active"], off["actions"]["active"]) == (False, 1)


def test_only_what_differs_is_told_and_changed(api: ApiClient, tmp_path: Path) -> None:
    configure(api)
    document = yaml.safe_load(commands.export(api))
    books = document["connectors"]["Books"]
    books["actions"]["VIPs"]["mapping"]["note"] = "another"
    books["actions"]["VIPs"].pop("active")
    books["actions"]["More"] = {"type": "sync_list", "fields": {"list_id": "l_2"}, "active": True}
    books["labels"] = ["crm", "emea"]
    books.pop("paused")
    document["audiences"]["Loyal"]["activations"].append({"connector": "Books", "action": "More"})
    file = written(tmp_path, document)
    before = {item["id"]: item["updated_at"] for item in api.get("/v1/connectors")["items"]}

    made, said = planned(api, file)
    assert [(change.verb, change.place[-1]) for change in made.changes] == [
        ("update", "Books"),
        ("update", "VIPs"),
        ("create", "More"),
        ("update", "Loyal"),
    ]
    assert f"    mapping.note: {TEMPLATE} → another" in said
    assert "    active: True → False" in said

    applied(api, file)
    assert planned(api, file)[0].is_empty
    changed = [item["name"] for item in api.get("/v1/connectors")["items"] if item["updated_at"] != before[item["id"]]]
    assert changed == ["Books"]
    status = api.get(f"/v1/connectors/{next(iter(before))}")
    assert (status["unpublished_changes"], status["paused"], status["actions"]) == (
        False,
        False,
        {"active": 1, "total": 3},
    )


def test_what_the_file_does_not_hold_is_kept_unless_it_is_pruned(api: ApiClient, tmp_path: Path) -> None:
    configure(api)
    document = yaml.safe_load(commands.export(api))
    del document["connectors"]["Off"]
    del document["connectors"]["Books"]["actions"]["Entries"]
    del document["event_feeds"]
    del document["alerts"]
    document["journeys"]["Welcome"]["activations"].pop()
    file = written(tmp_path, document)

    made, said = planned(api, file)
    kept = [change.place for change in made.changes if change.verb == "unlisted"]
    assert ("connectors", "Off") in kept
    assert ("connectors", "Books", "actions", "Entries") in kept
    assert any("kept without --prune" in line for line in said)
    applied(api, file)
    assert len(api.get("/v1/connectors")["items"]) == 5
    assert planned(api, file)[0].is_empty

    applied(api, file, prune=True)
    assert planned(api, file, prune=True)[0].changes == ()
    assert [item["name"] for item in api.get("/v1/connectors")["items"]] == ["Books", "Books", "Draft", "CRM"]
    assert [item["unpublished_changes"] for item in api.get("/v1/connectors")["items"]] == [False, False, True, False]
    assert api.get("/v1/event-feeds")["items"] == api.get("/v1/alerts")["items"] == []


def test_missing_secrets_are_all_named_before_anything_is_changed(
    api: ApiClient, other_api: ApiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(api)
    file = written(tmp_path, commands.export(api))
    monkeypatch.delenv("BOOKS_API_KEY")
    monkeypatch.delenv("ANY_SECRET")
    with pytest.raises(CannotRun, match="ANY_SECRET\nBOOKS_API_KEY"):
        applied(other_api, file)
    assert other_api.get("/v1/connectors")["items"] == []


def test_another_host_has_the_secrets_entered_again(api: ApiClient, tmp_path: Path) -> None:
    ledger(api, "Books")
    document = yaml.safe_load(commands.export(api))
    document["connectors"]["Books"]["settings"]["url"] = "https://elsewhere.example"
    file = written(tmp_path, document)
    applied(api, file)
    (connector,) = api.get("/v1/connectors")["items"]
    assert (connector["settings"]["url"], connector["secrets"]) == (
        "https://elsewhere.example",
        {"api_key": {"set": True}},
    )
    assert connector["published_version"] == 2
    assert applied(api, file, replace_secrets=True)[-1].startswith("Done")
    assert api.get("/v1/connectors")["items"][0]["published_version"] == 3


def test_nothing_is_changed_without_a_yes(api: ApiClient, tmp_path: Path) -> None:
    file = written(tmp_path, {"audiences": {"Loyal": {"source_id": "loyal"}}})
    with pytest.raises(CannotRun, match="Nothing was changed"):
        commands.apply(api, file, lambda _: None, lambda: False, prune=False, replace_secrets=False)
    assert api.get("/v1/audiences")["items"] == []


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("connectors: [", "not YAML"),
        ({"conectors": {}}, "conectors"),
        ({"format": 2}, "format"),
        ({"connectors": {"A": {"type": "ledger", "secrets": {"api_key": "in clear"}}}}, "connectors.A.secrets.api_key"),
        ({"audiences": {"A": {"activations": [{"connector": "B", "action": "C"}]}}}, "audiences / A: B / C"),
        ({"connectors": {"A": {"type": "unknown"}}}, "unknown"),
    ],
)
def test_a_file_that_does_not_hold_is_refused_with_the_place(
    api: ApiClient, tmp_path: Path, document: Any, told: str
) -> None:
    with pytest.raises(CannotRun, match=told):
        planned(api, written(tmp_path, document))


def test_a_connector_takes_the_definition_of_the_file(api: ApiClient, tmp_path: Path) -> None:
    configure(api)
    document = yaml.safe_load(commands.export(api))
    definition = document["custom_connector_types"]["crm"]
    definition["label"] = "The CRM"
    file = written(tmp_path, document)
    made, said = planned(api, file)
    assert [change.place for change in made.changes] == [("custom_connector_types", "crm")]
    assert "    label: Our CRM → The CRM" in said
    applied(api, file)
    connector = next(item for item in api.get("/v1/connectors")["items"] if item["name"] == "CRM")
    assert (connector["type"], connector["unpublished_changes"]) == ("custom:crm@2", False)

    api.call("PUT", f"/v1/connectors/{connector['id']}/definition", {"revision": 1}, if_match="*")
    assert yaml.safe_load(commands.export(api))["connectors"]["CRM"]["type"] == "custom:crm@1"
    applied(api, file)
    assert planned(api, file)[0].changes == ()


def test_what_never_changes_is_said_to(api: ApiClient, tmp_path: Path) -> None:
    publish(api, "audiences", {"name": "Loyal", "source_id": "loyal"})
    with pytest.raises(CannotRun, match="source_id"):
        planned(api, written(tmp_path, {"audiences": {"Loyal": {"source_id": "other"}}}))
    assert planned(api, written(tmp_path, {"audiences": {"Loyal": {}}}))[0].changes == ()


def test_what_the_api_refuses_is_told_with_its_place(api: ApiClient, tmp_path: Path) -> None:
    file = written(tmp_path, {"connectors": {"A": {"type": "ledger", "settings": {"url": "no address"}}}})
    with pytest.raises(CannotRun, match="/settings/url"):
        applied(api, file)


def test_every_part_of_the_file_has_an_example(api: ApiClient) -> None:
    configure(api)
    document = Document.model_validate(yaml.safe_load(commands.export(api)))
    assert all(getattr(document, section) for section in Document.model_fields)


def test_what_somebody_changes_after_the_plan_is_not_overwritten(api: ApiClient, tmp_path: Path) -> None:
    connector_id = ledger(api, "Books")
    document = yaml.safe_load(commands.export(api))
    document["connectors"]["Books"]["labels"] = ["crm"]

    def meddle() -> bool:
        path = f"/v1/connectors/{connector_id}"
        return bool(api.call("PATCH", path, {"labels": ["theirs"]}, if_match="*"))

    with pytest.raises(CannotRun, match="412"):
        commands.apply(api, written(tmp_path, document), lambda _: None, meddle, prune=False, replace_secrets=False)
    assert api.get("/v1/connectors")["items"][0]["labels"] == ["theirs"]
