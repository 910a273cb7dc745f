"""What is sent to Campaign Manager 360: joins, entries and events as offline Floodlight conversions.

https://developers.google.com/doubleclick-advertisers/guides/conversions_overview
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.catalog.cm360.settings import CampaignManagerSettings, SendConversionFields
from connectors.kit.declaration import Batch, Row
from connectors.kit.errors import CannotRender
from connectors.kit.exchange import PartnerRequest
from connectors.kit.google_access import google_request
from connectors.kit.google_customer_match import Consent
from connectors.kit.identifiers import (
    AAID,
    DCLID,
    ENCRYPTED_USER_ID,
    GCLID,
    IDFA,
    IMPRESSION_ID,
    MATCH_ID,
    normalize_google_email,
    normalize_phone,
    sha256_hex,
)
from connectors.kit.mapped_text import mapped_text
from connectors.records.delivery import Reason

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CUSTOM_VARIABLE = re.compile(r"U([1-9][0-9]?|100)")
MAX_VARIABLE = 100

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
    conversions = [_conversion(fields, row, (*batch.identifiers, *FIELD_OF)) for row in batch.rows]
    body: dict[str, Any] = {"kind": "dfareporting#conversionsBatchInsertRequest", "conversions": conversions}
    if any("encryptedUserId" in conversion for conversion in conversions):
        body["encryptionInfo"] = {
            "kind": "dfareporting#encryptionInfo",
            "encryptionEntityType": fields.encryption_entity,
            "encryptionEntityId": fields.encryption_entity_id,
            "encryptionSource": fields.encryption_source,
        }
    return google_request("POST", f"{settings.profile_url}/conversions/batchinsert?{ANSWER}", batch.access_token, body)


def refuse(_: CampaignManagerSettings, fields: SendConversionFields, row: Row) -> Reason | None:
    """A conversion needs one identifier that Google can match."""
    return None if _identifier(fields, row.mapped, tuple(FIELD_OF)) else Reason.NO_IDENTIFIER


def check(settings: CampaignManagerSettings, _: datetime, access_token: str | None) -> PartnerRequest:
    """Asks for the user profile, which takes the same scope as inserting."""
    return google_request("GET", settings.profile_url, access_token)


def _conversion(fields: SendConversionFields, row: Row, order: tuple[str, ...]) -> dict[str, Any]:
    conversion: dict[str, Any] = {
        "kind": "dfareporting#conversion",
        "floodlightConfigurationId": fields.floodlight_configuration_id,
        "floodlightActivityId": fields.floodlight_activity_id,
        "ordinal": mapped_text(row.mapped, "ordinal") or row.delivery_id,
        "timestampMicros": str((row.occurred_at - EPOCH) // timedelta(microseconds=1)),
        "quantity": str(int(_number(row.mapped, "quantity", 1.0))),
        "value": _number(row.mapped, "value", 0.0),
        **_identifier(fields, row.mapped, order),
        **_privacy(fields),
    }
    variables = _custom_variables(row.mapped.get("custom_variables"))
    people = _user_identifiers(fields, row.mapped) if fields.send_user_identifiers else []
    return (
        conversion
        | ({"customVariables": variables} if variables else {})
        | ({"userIdentifiers": people} if people else {})
    )


def _identifier(fields: SendConversionFields, mapped: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, str]:
    is_encryption_known = fields.encryption_entity is not None and fields.encryption_entity_id is not None
    for identifier in order:
        field, name = FIELD_OF.get(identifier, ("", ""))
        value = mapped_text(mapped, field) if field else ""
        if value and (identifier != ENCRYPTED_USER_ID or is_encryption_known):
            return {name: value}
    return {}


def _privacy(fields: SendConversionFields) -> dict[str, Any]:
    said: dict[str, Any] = {
        "limitAdTracking": fields.limit_ad_tracking,
        "childDirectedTreatment": fields.child_directed,
        "treatmentForUnderage": fields.under_age,
        "nonPersonalizedAd": fields.non_personalized,
        "adUserDataConsent": "" if fields.ad_user_data is Consent.UNSPECIFIED else fields.ad_user_data.name,
    }
    return {name: value for name, value in said.items() if value}


def _user_identifiers(fields: SendConversionFields, mapped: Mapping[str, Any]) -> list[dict[str, str]]:
    known = {
        "hashedEmail": sha256_hex(normalize_google_email(mapped_text(mapped, "email"))),
        "hashedPhoneNumber": sha256_hex(normalize_phone(mapped_text(mapped, "phone"), fields.phone_region)),
    }
    return [{name: value} for name, value in known.items() if value]


def _custom_variables(variables: Any) -> list[dict[str, str]]:
    if not isinstance(variables or {}, Mapping):
        raise CannotRender("The custom variables must be an object of names (U1 to U100) and values.")
    found = [(name, mapped_text(variables, name)) for name in variables or {}]
    for name, value in found:
        if CUSTOM_VARIABLE.fullmatch(name) is None or len(value) > MAX_VARIABLE:
            raise CannotRender("Custom variables are named U1 to U100 and hold at most 100 characters.")
    kind = "dfareporting#customFloodlightVariable"
    return [{"kind": kind, "type": name, "value": value} for name, value in found if value]


def _number(mapped: Mapping[str, Any], name: str, default: float) -> float:
    text = mapped_text(mapped, name)
    try:
        number = float(text) if text else default
    except ValueError as error:
        raise CannotRender(f"The field {name!r} is no number.") from error
    if not math.isfinite(number) or abs(number) >= 2**53:
        raise CannotRender(f"The field {name!r} is no number that Google can count.")
    return number
