"""What is sent to Campaign Manager 360: joins, entries and events as offline Floodlight conversions.

https://developers.google.com/doubleclick-advertisers/guides/conversions_overview
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.catalog.cm360.settings import CampaignManagerSettings, SendConversionFields
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from connectors.kit.google_customer_match import Consent, hashed_contact
from connectors.kit.identifiers import AAID, DCLID, ENCRYPTED_USER_ID, GCLID, IDFA, IMPRESSION_ID, MATCH_ID
from connectors.kit.json_request import bearer_request
from connectors.kit.mapped_values import mapped_number, mapped_object, mapped_text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CUSTOM_VARIABLE = re.compile(r"U([1-9][0-9]?|100)")

FIELD_OF = {
    GCLID: ("gclid", "gclid"),
    DCLID: ("dclid", "dclid"),
    MATCH_ID: ("match_id", "matchId"),
    IMPRESSION_ID: ("impression_id", "impressionId"),
    IDFA: ("mobile_device_id", "mobileDeviceId"),
    AAID: ("mobile_device_id", "mobileDeviceId"),
    ENCRYPTED_USER_ID: ("encrypted_user_id", "encryptedUserId"),
}
"""For each identifier the mapped field that holds it, and its name at Google; a conversion carries exactly one."""

# Whole answers repeat every conversion and would not fit the 128 KiB that are read of an answer.
ANSWER = urlencode({"fields": "hasFailures,status(kind,errors(code))", "prettyPrint": "false"}, safe="(),")


def send_conversion(settings: CampaignManagerSettings, fields: SendConversionFields, batch: Batch) -> PartnerRequest:
    """Inserts one conversion per row."""
    conversions = [_conversion(fields, row) for row in batch.rows]
    body: dict[str, Any] = {"kind": "dfareporting#conversionsBatchInsertRequest", "conversions": conversions}
    if any("encryptedUserId" in conversion for conversion in conversions):
        body["encryptionInfo"] = {
            "kind": "dfareporting#encryptionInfo",
            "encryptionEntityType": fields.encryption_entity,
            "encryptionEntityId": fields.encryption_entity_id,
            "encryptionSource": fields.encryption_source,
        }
    return bearer_request("POST", f"{settings.profile_url}/conversions/batchinsert?{ANSWER}", batch.access_token, body)


def check(settings: CampaignManagerSettings, _: datetime, access_token: str | None) -> PartnerRequest:
    """Asks for the user profile, which takes the same scope as inserting."""
    return bearer_request("GET", settings.profile_url, access_token)


def conversion_id(fields: SendConversionFields, mapped: Mapping[str, Any]) -> dict[str, str]:
    """The one identifier that names a conversion, by its name at Google; `{}` when there is none to match."""
    is_encryption_known = fields.encryption_entity is not None and fields.encryption_entity_id is not None
    for identifier, (field, name) in FIELD_OF.items():
        value = mapped_text(mapped, field)
        if value and (identifier != ENCRYPTED_USER_ID or is_encryption_known):
            return {name: value}
    return {}


def _conversion(fields: SendConversionFields, row: Row) -> dict[str, Any]:
    consent = fields.ad_user_data
    where_known: dict[str, Any] = {
        "limitAdTracking": fields.limit_ad_tracking,
        "childDirectedTreatment": fields.child_directed,
        "treatmentForUnderage": fields.under_age,
        "nonPersonalizedAd": fields.non_personalized,
        "adUserDataConsent": "" if consent is Consent.UNSPECIFIED else consent.name,
        "customVariables": _custom_variables(mapped_object(row.mapped, "custom_variables")),
        "userIdentifiers": _user_identifiers(fields, row.mapped) if fields.send_user_identifiers else [],
    }
    return {
        "kind": "dfareporting#conversion",
        "floodlightConfigurationId": fields.floodlight_configuration_id,
        "floodlightActivityId": fields.floodlight_activity_id,
        "ordinal": mapped_text(row.mapped, "ordinal") or row.delivery_id,
        "timestampMicros": str((row.occurred_at - EPOCH) // timedelta(microseconds=1)),
        "quantity": str(int(mapped_number(row.mapped, "quantity", 1.0))),
        "value": mapped_number(row.mapped, "value", 0.0),
        **conversion_id(fields, row.mapped),
        **{name: value for name, value in where_known.items() if value},
    }


def _user_identifiers(fields: SendConversionFields, mapped: Mapping[str, Any]) -> list[dict[str, str]]:
    email, phone = hashed_contact(mapped, fields.phone_region)
    return [{name: value} for name, value in (("hashedEmail", email), ("hashedPhoneNumber", phone)) if value]


def _custom_variables(variables: Mapping[str, Any]) -> list[dict[str, str]]:
    found = {name: mapped_text(variables, name) for name in variables}
    if any(CUSTOM_VARIABLE.fullmatch(name) is None or len(value) > 100 for name, value in found.items()):
        raise CannotRender("Custom variables are named U1 to U100 and hold at most 100 characters.")
    kind = "dfareporting#customFloodlightVariable"
    return [{"kind": kind, "type": name, "value": value} for name, value in found.items() if value]
