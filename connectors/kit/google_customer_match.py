"""Customer Match: the data that Google recognises people by, normalised and hashed as its guides say.

https://developers.google.com/data-manager/api/devguides/concepts/formatting
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from connectors.kit.declaration import ActionFields, Row, mapped, setting
from connectors.kit.identifiers import (
    is_hashed,
    normalize_country,
    normalize_device_id,
    normalize_google_email,
    normalize_google_name,
    normalize_phone,
    sha256_hex,
)
from connectors.kit.mapped_text import mapped_text
from connectors.records.delivery import Reason


class MemberKind(StrEnum):
    """What people are recognised by; a list at Google holds one kind only."""

    CONTACT_INFO = "contact_info"
    MOBILE_IDS = "mobile_ids"
    USER_IDS = "user_ids"


class Consent(StrEnum):
    """What a person has said to a use of their data."""

    UNSPECIFIED = "unspecified"
    GRANTED = "granted"
    DENIED = "denied"


def _identifier(name: str) -> str:
    return f"{{{{ profile.identifiers.{name} | default: nil }}}}"


def _attribute(name: str) -> str:
    return f"{{{{ profile.attributes.{name} | default: nil }}}}"


class PersonFields(ActionFields):
    """One list at Google, and the data that people are recognised by; contact data is hashed before it leaves."""

    target_field: ClassVar[str | None] = "audience_id"

    audience_id: str = setting("Audience ID", "The number of the list.", pattern=r"^[0-9]{1,20}$")
    ad_user_data: Consent = setting(
        "Consent to user data",
        "What people have agreed to about sending their data to Google for ads. Google drops people in the European"
        " Economic Area without it.",
        default=Consent.UNSPECIFIED,
    )
    ad_personalization: Consent = setting(
        "Consent to personalised ads",
        "What people have agreed to about personalised ads.",
        default=Consent.UNSPECIFIED,
    )
    phone_region: str | None = setting(
        "Country of phone numbers",
        "Two letters (NL). Numbers without a country code are read as numbers of this country; without it they are"
        " not used.",
        default=None,
        pattern=r"^[A-Za-z]{2}$",
    )
    email: Any = mapped(
        "E-mail",
        "The person's e-mail address, or its SHA-256.",
        mapping="{{ profile.identifiers.email | default: profile.identifiers.email_sha256 | default: nil }}",
    )
    phone: Any = mapped("Phone", "With its country code, or the SHA-256 of +31612345678.", mapping=_identifier("phone"))
    first_name: Any = mapped(
        "First name", "Used with last name, country and postal code only.", mapping=_attribute("first_name")
    )
    last_name: Any = mapped("Last name", "The family name.", mapping=_attribute("last_name"))
    country: Any = mapped("Country", "Two letters (ISO 3166); sent as it is.", mapping=_attribute("country"))
    zip: Any = mapped("Postal code", "Sent as it is.", mapping=_attribute("zip"))
    mobile_ad_id: Any = mapped(
        "Mobile advertising ID",
        "IDFA or AAID, for lists of mobile ids.",
        mapping="{{ profile.identifiers.idfa | default: profile.identifiers.aaid | default: nil }}",
    )


class CustomerMatchFields(PersonFields):
    """One Customer Match list that is filled through the Data Manager API."""

    members: MemberKind = setting(
        "Kind of members",
        "What the list was made for: contact data (e-mail, phone, address), mobile advertising ids, or your own user"
        " ids. A list takes one kind only.",
        default=MemberKind.CONTACT_INFO,
    )
    terms_accepted: bool = setting(
        "Customer Match terms accepted",
        "Turn it on when the account has accepted Google's Customer Match terms; contact data is refused without.",
        default=False,
    )
    user_id: Any = mapped("User ID", "Your own id, for lists of user ids.", mapping=_identifier("external_id"))


def refuse_unknown(fields: CustomerMatchFields, row: Row) -> Reason | None:
    """A row that holds nothing of the list's kind recognises nobody."""
    return None if any(member(fields, row.mapped).values()) else Reason.NO_IDENTIFIER


def member(fields: CustomerMatchFields, values: Mapping[str, Any]) -> dict[str, Any]:
    """One person as an audience member: the data of the list's kind, empty when there is none."""
    match fields.members:
        case MemberKind.CONTACT_INFO:
            found = _contact_info(fields, values)
            return {"userData": {"userIdentifiers": found}} if found else {}
        case MemberKind.MOBILE_IDS:
            device = normalize_device_id(mapped_text(values, "mobile_ad_id"))
            return {"mobileData": {"mobileIds": [device]}} if device else {}
        case MemberKind.USER_IDS:
            user = mapped_text(values, "user_id")
            return {"userIdData": {"userId": user}} if user else {}


def _contact_info(fields: CustomerMatchFields, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    email = sha256_hex(normalize_google_email(mapped_text(values, "email")))
    phone = sha256_hex(normalize_phone(mapped_text(values, "phone"), fields.phone_region))
    address = _address(values)
    if email:
        found.append({"emailAddress": email})
    if phone:
        found.append({"phoneNumber": phone})
    if address:
        found.append({"address": address})
    return found


def _address(values: Mapping[str, Any]) -> dict[str, str] | None:
    country = normalize_country(mapped_text(values, "country")).upper()
    address = {
        "givenName": sha256_hex(normalize_google_name(mapped_text(values, "first_name"))),
        "familyName": sha256_hex(normalize_google_name(mapped_text(values, "last_name"))),
        "regionCode": "" if is_hashed(country.lower()) else country,
        "postalCode": mapped_text(values, "zip"),
    }
    return address if all(address.values()) else None
