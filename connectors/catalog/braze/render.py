"""What is sent to Braze: people with an attribute that is true or false, or changes of a cohort.

Attributes: https://www.braze.com/docs/api/endpoints/user_data/post_user_track. Cohorts: Braze's partner API, whose keys
go in the body.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from connectors.catalog.braze.settings import IDENTITY, BrazeSettings, SyncAttributeFields, SyncCohortFields
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.exchange import PartnerRequest
from connectors.kit.filters import rfc3339
from connectors.kit.mapped_text import mapped_text
from connectors.records.delivery import Reason

TRACK = "/users/track"
JSON = ("Content-Type", "application/json")


def sync_attribute(settings: BrazeSettings, fields: SyncAttributeFields, batch: Batch) -> PartnerRequest:
    """Sets the attribute of up to 75 people."""
    return _track(settings, TRACK, [_person(fields, row) for row in batch.rows])


def sync_attribute_in_bulk(settings: BrazeSettings, fields: SyncAttributeFields, batch: Batch) -> PartnerRequest:
    """Sets the attribute of up to 1,000 people."""
    return _track(settings, f"{TRACK}/bulk", [_person(fields, row) for row in batch.rows])


def refuse_attribute(_: BrazeSettings, __: SyncAttributeFields, row: Row) -> Reason | None:
    """A person is known by external id or Braze id."""
    return None if _identity(row.mapped, "external_id", "braze_id") else Reason.NO_IDENTIFIER


def create_cohort(settings: BrazeSettings, fields: SyncCohortFields, batch: Batch) -> PartnerRequest:
    """The first of two requests: makes sure that the cohort is there."""
    cohort = {"name": fields.cohort_name, "cohort_id": fields.cohort_id, "created_at": rfc3339(batch.now)}
    return _cohorts(settings, "/cohorts", cohort)


def change_cohort(settings: BrazeSettings, fields: SyncCohortFields, batch: Batch) -> PartnerRequest:
    """The second: adds people to the cohort, or removes them."""
    people: dict[str, list[str]] = {}
    for row in batch.rows:
        name, value = _identity(row.mapped, "user_id", "device_id") or ("user_id", "")
        people.setdefault(f"{name}s", []).append(value)
    changes = {**people, "should_remove": True} if batch.change.removes else people
    return _cohorts(settings, "/cohorts/users", {"cohort_id": fields.cohort_id, "cohort_changes": [changes]})


def refuse_cohort(_: BrazeSettings, __: SyncCohortFields, row: Row) -> Reason | None:
    """A person is known by user id or device id."""
    return None if _identity(row.mapped, "user_id", "device_id") else Reason.NO_IDENTIFIER


def check(settings: BrazeSettings, _: datetime, __: str | None) -> PartnerRequest | None:
    """Updates nobody: a person that does not exist, and must not be created. Partner keys have no harmless call."""
    if settings.api_key is None:
        return None
    return _track(settings, TRACK, [{"external_id": "patchbay-connection-test", "_update_existing_only": True}])


def _person(fields: SyncAttributeFields, row: Row) -> dict[str, Any]:
    more = row.mapped.get("attributes") or {}
    if not isinstance(more, Mapping):
        raise CannotRender("The attributes must be an object of names and values.")
    name, value = _identity(row.mapped, "external_id", "braze_id") or ("external_id", "")
    person: dict[str, Any] = {key: one for key, one in more.items() if key not in IDENTITY}
    if fields.only_existing:
        person["_update_existing_only"] = True
    return {**person, name: value, fields.attribute: not row.change.removes}


def _identity(mapped: Mapping[str, Any], *names: str) -> tuple[str, str] | None:
    return next(((name, text) for name in names if (text := mapped_text(mapped, name))), None)


def _track(settings: BrazeSettings, path: str, people: list[dict[str, Any]]) -> PartnerRequest:
    if settings.api_key is None:
        raise InvalidSettings("Attributes need the connector's REST API key.")
    key = settings.api_key.get_secret_value()
    body = msgspec.json.encode({"attributes": people})
    return PartnerRequest("POST", settings.api_url + path, (("Authorization", f"Bearer {key}"), JSON), body, (key,))


def _cohorts(settings: BrazeSettings, path: str, content: dict[str, Any]) -> PartnerRequest:
    if settings.partner_api_key is None or settings.data_import_key is None:
        raise InvalidSettings("Cohorts need the partner name, the partner API key and the data import key.")
    keys = settings.partner_api_key.get_secret_value(), settings.data_import_key.get_secret_value()
    body = msgspec.json.encode({"partner_api_key": keys[0], "client_secret": keys[1], **content})
    return PartnerRequest("POST", f"{settings.api_url}/partners/{settings.partner_name}{path}", (JSON,), body, keys)
