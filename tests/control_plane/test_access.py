"""Who may come in, and what they may do."""

import pytest

from control_plane.access.first_admin import ensure_first_admin
from control_plane.access.keys import make_key
from control_plane.database.models import ApiKey, User, Workspace
from control_plane.ids import new_id
from tests.support.plane import Plane


async def key_for(plane: Plane, role: str) -> dict[str, str]:
    """The header of a new user with this role."""
    user = await plane.call("POST", "/v1/users", 201, json={"name": role})
    made = await plane.call("POST", f"/v1/users/{user['id']}/api-keys", 201, json={"name": "k", "role": role})
    return {"Authorization": f"Bearer {made['api_key']}"}


@pytest.mark.parametrize("token", ["", "Bearer x", "Bearer pbk_abcdef_" + "0" * 64, "Basic YTpi", "Bearer pbk_é_x"])
async def test_without_a_usable_key_nothing_is_told(plane: Plane, token: str) -> None:
    headers = {"Authorization": token.encode()}
    answer = await plane.http.get("/v1/connectors", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    refused = await plane.http.post("/v1/connectors", json={"wrong": 1}, headers=headers)
    assert refused.status_code == 401


async def test_each_role_may_do_what_it_says(plane: Plane) -> None:
    viewer, editor = await key_for(plane, "viewer"), await key_for(plane, "editor")
    body = {"type": "ledger", "name": "L", "settings": {"url": "https://ledger.example"}}

    await plane.call("GET", "/v1/connectors", 200, headers=viewer)
    await plane.call("POST", "/v1/connectors", 403, json=body, headers=viewer)
    await plane.call("POST", "/v1/connectors", 201, json=body, headers=editor)
    await plane.call("POST", "/v1/users", 403, json={"name": "x"}, headers=editor)
    await plane.call("GET", "/v1/api-keys", 403, headers=editor)
    await plane.call("POST", "/v1/config/republish", 403, headers=editor)
    assert (await plane.call("GET", "/v1/me", 200, headers=viewer))["role"] == "viewer"


async def test_a_revoked_key_ends_at_once_and_the_last_admin_key_stays(plane: Plane) -> None:
    viewer = await key_for(plane, "viewer")
    keys = (await plane.call("GET", "/v1/api-keys", 200))["items"]
    by_role = {key["role"]: key["id"] for key in keys}

    await plane.call("DELETE", f"/v1/api-keys/{by_role['viewer']}", 204)
    await plane.call("GET", "/v1/me", 401, headers=viewer)
    problem = await plane.call("DELETE", f"/v1/api-keys/{by_role['admin']}", 409)
    assert problem["code"] == "last_admin_key"


async def test_an_admin_key_without_the_scope_to_administer_is_not_the_last_one(plane: Plane) -> None:
    user = await plane.call("POST", "/v1/users", 201, json={"name": "Ada"})
    (first,) = (await plane.call("GET", "/v1/api-keys", 200))["items"]
    for scopes in (["read"], ["read", "administer"]):
        problem = await plane.call("DELETE", f"/v1/api-keys/{first['id']}", 409)
        assert problem["code"] == "last_admin_key"
        body = {"name": "k", "role": "admin", "scopes": scopes}
        await plane.call("POST", f"/v1/users/{user['id']}/api-keys", 201, json=body)
    await plane.call("DELETE", f"/v1/api-keys/{first['id']}", 204)


async def test_a_key_expires_in_a_year_that_there_is(plane: Plane) -> None:
    path = f"/v1/users/{(await plane.call('GET', '/v1/me', 200))['user']['id']}/api-keys"
    for expires_at in ("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"):
        problem = await plane.call("POST", path, 422, json={"name": "k", "expires_at": expires_at})
        assert problem["errors"][0]["pointer"] == "/expires_at"
    for expires_at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        await plane.call("POST", path, 201, json={"name": "k", "expires_at": expires_at})
    assert {key["expires_at"] for key in (await plane.call("GET", "/v1/api-keys", 200))["items"]} >= {expires_at}


async def test_an_expired_key_is_no_key(plane: Plane) -> None:
    user = await plane.call("POST", "/v1/users", 201, json={"name": "Ada"})
    body = {"name": "k", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}
    made = await plane.call("POST", f"/v1/users/{user['id']}/api-keys", 201, json=body)
    await plane.call("GET", "/v1/me", 401, headers={"Authorization": f"Bearer {made['api_key']}"})


async def test_a_key_is_kept_as_a_digest_only(plane: Plane) -> None:
    answer = await plane.http.get("/v1/api-keys")
    secret = plane.admins[0].api_key.rsplit("_", 1)[1]
    assert secret not in answer.text
    async with plane.parts.database.transaction(write=False) as session:
        (row,) = (await session.execute(ApiKey.__table__.select())).mappings()
    assert secret not in str(dict(row))


async def test_the_first_admin_is_made_once(plane: Plane) -> None:
    assert len(plane.admins) == 1
    async with plane.parts.database.transaction(write=True) as session:
        assert await ensure_first_admin(session, plane.parts.settings.access) is None


async def test_another_workspace_sees_nothing_and_changes_nothing(plane: Plane) -> None:
    connector_id, action_id = await plane.live_action()
    audience_id = await plane.audience(action_id, source_id="vip")
    await plane.call("POST", f"/v1/audiences/{audience_id}/publish", 202)
    stranger = await admin_of_another_workspace(plane)

    for path in (
        f"/v1/connectors/{connector_id}",
        f"/v1/connectors/{connector_id}/versions",
        f"/v1/connectors/{connector_id}/versions/1",
        f"/v1/connectors/{connector_id}/status",
        f"/v1/actions/{action_id}",
        f"/v1/actions/{action_id}/uses",
        f"/v1/audiences/{audience_id}",
        f"/v1/audiences/{audience_id}/versions/1",
        "/v1/workspaces/default",
    ):
        await plane.call("GET", path, 404, headers=stranger)
    for path in ("/v1/connectors", "/v1/audiences", "/v1/audit", "/v1/users"):
        items = (await plane.call("GET", path, 200, headers=stranger))["items"]
        assert all(item["id"] not in (connector_id, audience_id) for item in items)
    await plane.call("PUT", f"/v1/connectors/{connector_id}/deactivate", 404, headers=stranger)
    await plane.call("DELETE", f"/v1/connectors/{connector_id}", 404, headers=stranger | {"If-Match": "*"})
    stolen = {"name": "VIPs", "source_id": "vip", "activations": [{"action_id": action_id}]}
    problem = await plane.call("POST", "/v1/audiences", 422, json=stolen, headers=stranger)
    assert problem["errors"][0]["code"] == "unknown_action"
    await plane.call("POST", "/v1/audiences", 201, json=stolen | {"activations": []}, headers=stranger)
    assert (await plane.call("POST", "/v1/config/republish", 202, headers=stranger))["records"] == 0


async def admin_of_another_workspace(plane: Plane) -> dict[str, str]:
    """The header of somebody else's admin."""
    key = make_key()
    async with plane.parts.database.transaction(write=True) as session:
        now = (await session.get_one(Workspace, "default")).created_at
        edited = {"created_at": now, "updated_at": now, "updated_by": "test"}
        session.add(Workspace(id="other", name="Other", **edited))
        await session.flush()
        session.add(User(id="usr_other", workspace="other", name="Stranger", **edited))
        await session.flush()
        made = {"name": "k", "prefix": key.prefix, "digest": key.digest, "role": "admin", "created_by": "test"}
        session.add(ApiKey(id=new_id("key"), workspace="other", user_id="usr_other", created_at=now, **made))
    return {"Authorization": f"Bearer {key.text}"}
