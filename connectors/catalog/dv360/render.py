"""What is sent to Display & Video 360: people through the Data Manager API, or as an edit of the audience itself.

Edits: https://developers.google.com/display-video/api/guides/tasks/upload-customer-match-audience/prepare-data
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.catalog.dv360.settings import (
    API_VERSION,
    DisplayVideoSettings,
    ListKind,
    SyncAudienceFields,
    UpdateAudienceFields,
)
from connectors.kit import google_data_manager
from connectors.kit.declaration import Batch, Row
from connectors.kit.exchange import PartnerRequest
from connectors.kit.google_customer_match import Consent
from connectors.kit.identifiers import (
    is_hashed,
    normalize_country,
    normalize_device_id,
    normalize_email,
    normalize_google_name,
    normalize_phone,
    sha256_hex,
)
from connectors.kit.json_request import bearer_request
from connectors.kit.mapped_values import mapped_text
from connectors.records.delivery import Reason


def sync_audience(settings: DisplayVideoSettings, fields: SyncAudienceFields, batch: Batch) -> PartnerRequest:
    """Adds people to the audience, or takes them off it."""
    return google_data_manager.change_members(settings.access, fields, batch)


def ask_result(settings: DisplayVideoSettings, _: SyncAudienceFields, batch: Batch) -> PartnerRequest:
    """Asks how the job ended."""
    return google_data_manager.ask_result(settings.access, batch)


def update_audience(settings: DisplayVideoSettings, fields: UpdateAudienceFields, batch: Batch) -> PartnerRequest:
    """Edits the members of the audience: a batch is added or removed, never both."""
    people = [_person(fields, row.mapped) for row in batch.rows]
    name = "ContactInfoList" if fields.members is ListKind.CONTACT_INFO else "MobileDeviceIdList"
    members: dict[str, Any] = {_MEMBERS[fields.members]: people}
    consent = _consent(fields)
    if consent:
        members["consent"] = consent
    verb = "removed" if batch.change.removes else "added"
    path = f"{API_VERSION}/firstPartyAndPartnerAudiences/{fields.audience_id}:editCustomerMatchMembers"
    body = {"advertiserId": settings.advertiser_id, f"{verb}{name}": members}
    return bearer_request("POST", f"{settings.api_url}/{path}", batch.access_token, body)


def refuse_update(_: DisplayVideoSettings, fields: UpdateAudienceFields, row: Row) -> Reason | None:
    """Google answers denied consent with an error, so those people are not sent; nor are people without data."""
    if Consent.DENIED in (fields.ad_user_data, fields.ad_personalization) and not row.change.removes:
        return Reason.NO_CONSENT
    return None if _person(fields, row.mapped) else Reason.NO_IDENTIFIER


def check(settings: DisplayVideoSettings, _: datetime, access_token: str | None) -> PartnerRequest:
    """Asks for one audience of the account."""
    return google_data_manager.list_audiences(settings.access, access_token)


_MEMBERS = {ListKind.CONTACT_INFO: "contactInfos", ListKind.MOBILE_IDS: "mobileDeviceIds"}


def _person(fields: UpdateAudienceFields, values: Mapping[str, Any]) -> dict[str, Any] | str:
    if fields.members is ListKind.MOBILE_IDS:
        return normalize_device_id(mapped_text(values, "mobile_ad_id"))
    email = sha256_hex(normalize_email(mapped_text(values, "email")))
    phone = sha256_hex(normalize_phone(mapped_text(values, "phone"), fields.phone_region))
    found: dict[str, Any] = {"hashedEmails": [email]} if email else {}
    if phone:
        found["hashedPhoneNumbers"] = [phone]
    return found | _address(values)


def _address(values: Mapping[str, Any]) -> dict[str, Any]:
    country = normalize_country(mapped_text(values, "country"))
    zip_code = mapped_text(values, "zip")
    names = {
        "hashedFirstName": _hashed_name(mapped_text(values, "first_name")),
        "hashedLastName": _hashed_name(mapped_text(values, "last_name")),
    }
    if not all((*names.values(), zip_code, country)) or is_hashed(country):
        return {}
    return {**names, "zipCodes": [zip_code], "countryCode": country.upper()}


def _hashed_name(name: str) -> str:
    # Unlike the Data Manager API, this one wants names without any white space.
    return sha256_hex("".join(normalize_google_name(name).split()))


def _consent(fields: UpdateAudienceFields) -> dict[str, str]:
    said = {"adUserData": fields.ad_user_data, "adPersonalization": fields.ad_personalization}
    return {name: "CONSENT_STATUS_GRANTED" for name, value in said.items() if value is Consent.GRANTED}
