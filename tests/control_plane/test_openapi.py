"""Every route, as the API describes itself: who may call it, and that no request breaks it."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from connectors.kit.registry import Registry
from control_plane.access.caller import Scope
from control_plane.access.first_admin import FirstAdmin
from control_plane.app import assemble, build_parts
from tests.support.ledger import LEDGER, ONE_ONLY
from tests.support.plane import ListedEvents, ListedOutcomes, Plane, SilentStatuses, WatchedTopic, plane_settings

OPEN = {"/livez", "/readyz", "/startupz", "/version", "/metrics"}
STREAMS = {"/v1/live"}  # without an end to wait for; tests/control_plane/live asks who may see it
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPEN_OPERATIONS = {("POST", "/v1/session")}
PUBLISHING = ("/publish", "/revert")
OPERATING = ("/activate", "/deactivate", "/pause", "/resume", ":bulk", "/v1/jobs", "/start", "/cancel")
FOR_VIEWERS = {
    ("PUT", "/v1/connector-types/{connector_type}/validate"),
    ("PUT", "/v1/connectors/{connector_id}/favourite"),
    ("DELETE", "/v1/connectors/{connector_id}/favourite"),
    ("DELETE", "/v1/session"),
}
FOR_EDITORS = {("GET", "/v1/connectors/{connector_id}/diff/rendered")}
FOR_ADMINS = {
    ("POST", "/v1/config/republish"),
    ("PATCH", "/v1/workspaces/{workspace_id}"),
    ("POST", "/v1/users"),
    ("POST", "/v1/users/{user_id}/api-keys"),
    ("GET", "/v1/api-keys"),
    ("DELETE", "/v1/api-keys/{key_id}"),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The application behind a real server, and an admin's client."""
    admins: list[FirstAdmin] = []
    url = f"sqlite:///{Path(tmp_path_factory.mktemp('plane')) / 'patchbay.sqlite'}"
    parts = build_parts(
        plane_settings(url), WatchedTopic(), Registry((LEDGER, ONE_ONLY)), ListedEvents(), ListedOutcomes()
    )
    app = assemble(parts, SilentStatuses(), admins.append)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    deadline = time.monotonic() + 15
    while not (server.started and admins):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"Authorization": f"Bearer {admins[0].api_key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        yield client
    server.should_exit = True
    thread.join()


description = assemble(
    build_parts(plane_settings("sqlite://"), WatchedTopic(), Registry((LEDGER,))), SilentStatuses()
).openapi()
OPERATIONS = sum(len(operations) for operations in description["paths"].values())
CASES_EACH_TIME = 500
CASES = int(os.environ.get("FUZZ_CASES", CASES_EACH_TIME))
"""How many requests are made up; `make fuzz` makes 10,000, and others each time."""
schema = schemathesis.openapi.from_dict(description).exclude(path=list(STREAMS))
schema.config.phases.update(phases=["fuzzing"])


@schema.parametrize()
@settings(
    max_examples=-(-CASES // OPERATIONS),
    suppress_health_check=list(HealthCheck),
    derandomize=CASES == CASES_EACH_TIME,
)
def test_no_request_breaks_a_route(case: Any, served: httpx.Client) -> None:
    case.call_and_validate(base_url=str(served.base_url), headers=dict(served.headers), checks=CHECKS)


async def test_each_route_asks_for_the_role_that_it_needs(plane: Plane) -> None:
    keys = {role: await key_of(plane, role) for role in ("viewer", "editor", "admin")}
    for method, path in closed_operations(plane):
        needed = needed_role(method, path)
        assert await status(plane, method, path, "nonsense") == 401, (method, path)
        for role, key in keys.items():
            refused = await status(plane, method, path, key) == 403
            allowed = list(keys).index(role) >= list(keys).index(needed)
            assert refused != allowed, (method, path, role)


async def test_each_route_asks_for_the_scope_that_it_needs(plane: Plane) -> None:
    keys = {scope: await key_of(plane, "admin", scopes=[scope]) for scope in Scope}
    for method, path in closed_operations(plane):
        allowed = [scope for scope, key in keys.items() if await status(plane, method, path, key) != 403]
        assert allowed == [needed_scope(method, path)], (method, path)


def closed_operations(plane: Plane) -> list[tuple[str, str]]:
    """Every method and path that needs a key."""
    paths = plane.app.openapi()["paths"].items()
    every = [(method.upper(), path) for path, operations in paths for method in operations]
    return [operation for operation in every if operation not in OPEN_OPERATIONS and operation[1] not in OPEN | STREAMS]


def needed_scope(method: str, path: str) -> Scope:
    """What is meant: publishing and operating are apart from configuring."""
    match needed_role(method, path):
        case "admin":
            return Scope.ADMINISTER
        case "viewer":
            return Scope.READ
    if path.endswith(PUBLISHING):
        return Scope.PUBLISH
    return Scope.OPERATE if path.endswith(OPERATING) else Scope.CONFIGURE


def needed_role(method: str, path: str) -> str:
    """What is meant: reading is for viewers, changing for editors, access for admins."""
    if (method, path) in FOR_ADMINS:
        return "admin"
    reads = method == "GET" and (method, path) not in FOR_EDITORS
    return "viewer" if reads or (method, path) in FOR_VIEWERS else "editor"


async def status(plane: Plane, method: str, path: str, key: str) -> int:
    """How a request with this key ends; it names nothing that exists, so that nothing is changed."""
    address = path.replace("{number}", "1").replace("{", "no_").replace("}", "")
    headers = {"Authorization": f"Bearer {key}", "If-Match": "*"}
    body = None if method == "GET" else {"nothing": "known"}
    for _ in range(5):  # a database that is too busy says nothing about what the key may do
        answer = await plane.http.request(method, address, headers=headers, json=body)
        if answer.status_code != 503:
            break
    return answer.status_code


async def key_of(plane: Plane, role: str, **more: Any) -> str:
    """A key with this role."""
    user = await plane.call("POST", "/v1/users", 201, json={"name": role})
    body = {"name": "k", "role": role, **more}
    made = await plane.call("POST", f"/v1/users/{user['id']}/api-keys", 201, json=body)
    return str(made["api_key"])
