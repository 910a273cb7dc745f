"""What is sent to Braze: people with an attribute that is true or false, or changes of a cohort.

https://www.braze.com/docs/api/endpoints/user_data/post_user_track; keys of cohorts go in the body.
"""

from datetime import datetime
from typing import Any

from connectors.catalog.braze.settings import IDENTITY, BrazeSettings, SyncAttributeFields, SyncCohortFields
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import InvalidSettings
from connectors.kit.exchange import PartnerRequest
from connectors.kit.filters import rfc3339
from connectors.kit.json_request import bearer_request, json_request
from connectors.kit.mapped_values import mapped_object
from connectors.kit.recognising import first_known

TRACK = "/users/track"

known_person = first_known("external_id", "braze_id")
known_member = first_known("user_id", "device_id")


def sync_attribute(settings: BrazeSettings, fields: SyncAttributeFields, batch: Batch) -> PartnerRequest:
    """Sets the attribute of up to 75 people."""
    return _track(settings, TRACK, [_person(fields, row) for row in batch.rows])


def sync_attribute_in_bulk(settings: BrazeSettings, fields: SyncAttributeFields, batch: Batch) -> PartnerRequest:
    """Sets the attribute of up to 1,000 people."""
    return _track(settings, f"{TRACK}/bulk", [_person(fields, row) for row in batch.rows])


def create_cohort(settings: BrazeSettings, fields: SyncCohortFields, batch: Batch) -> PartnerRequest:
    """The first of two requests: makes sure that the cohort is there."""
    cohort = {"name": fields.cohort_name, "cohort_id": fields.cohort_id, "created_at": rfc3339(batch.now)}
    return _cohorts(settings, "/cohorts", cohort)


def change_cohort(settings: BrazeSettings, fields: SyncCohortFields, batch: Batch) -> PartnerRequest:
    """The second: adds people to the cohort, or removes them."""
    people: dict[str, list[str]] = {}
    for row in batch.rows:
        name, value = known_member(fields, row.mapped) or ("user_id", "")
        people.setdefault(f"{name}s", []).append(value)
    changes = {**people, "should_remove": True} if batch.change.removes else people
    return _cohorts(settings, "/cohorts/users", {"cohort_id": fields.cohort_id, "cohort_changes": [changes]})


def check(settings: BrazeSettings, _: datetime, __: str | None) -> PartnerRequest | None:
    """Updates nobody: a person that does not exist, and must not be created. Partner keys have no harmless call."""
    if settings.api_key is None:
        return None
    return _track(settings, TRACK, [{"external_id": "patchbay-connection-test", "_update_existing_only": True}])


def _person(fields: SyncAttributeFields, row: Row) -> dict[str, Any]:
    more = mapped_object(row.mapped, "attributes")
    name, value = known_person(fields, row.mapped) or ("external_id", "")
    person = {key: one for key, one in more.items() if key not in IDENTITY}
    only = {"_update_existing_only": True} if fields.only_existing else {}
    return {**person, **only, name: value, fields.attribute: not row.change.removes}


def _track(settings: BrazeSettings, path: str, people: list[dict[str, Any]]) -> PartnerRequest:
    if settings.api_key is None:
        raise InvalidSettings("Attributes need the connector's REST API key.")
    key = settings.api_key.get_secret_value()
    return bearer_request("POST", settings.api_url + path, key, {"attributes": people})


def _cohorts(settings: BrazeSettings, path: str, content: dict[str, Any]) -> PartnerRequest:
    if settings.partner_api_key is None or settings.data_import_key is None:
        raise InvalidSettings("Cohorts need the partner name, the partner API key and the data import key.")
    keys = (settings.partner_api_key.get_secret_value(), settings.data_import_key.get_secret_value())
    body = {"partner_api_key": keys[0], "client_secret": keys[1], **content}
    return json_request("POST", f"{settings.api_url}/partners/{settings.partner_name}{path}", body, secrets=keys)
