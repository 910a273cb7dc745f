"""Customer Match: the data that Google recognises people by, normalised and hashed as its guides say.

https://developers.google.com/data-manager/api/devguides/concepts/formatting
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from connectors.kit.declaration import ActionFields, mapped, setting
from connectors.kit.identifiers import (
    is_hashed,
    normalize_country,
    normalize_device_id,
    normalize_google_email,
    normalize_google_name,
    normalize_phone,
    sha256_hex,
)
from connectors.kit.mapped_values import mapped_text
from connectors.kit.usual_fields import attribute, hashed_email, identifier, mobile_ad_id, phone_region


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
    phone_region: str | None = phone_region()
    email: Any = hashed_email()
    phone: Any = mapped("Phone", "With its country code, or the SHA-256 of +31612345678.", mapping=identifier("phone"))
    first_name: Any = mapped(
        "First name", "Used with last name, country and postal code only.", mapping=attribute("first_name")
    )
    last_name: Any = mapped("Last name", "The family name.", mapping=attribute("last_name"))
    country: Any = mapped("Country", "Two letters (ISO 3166); sent as it is.", mapping=attribute("country"))
    zip: Any = mapped("Postal code", "Sent as it is.", mapping=attribute("zip"))
    mobile_ad_id: Any = mobile_ad_id("IDFA or AAID, for lists of mobile ids.")


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
    user_id: Any = mapped("User ID", "Your own id, for lists of user ids.", mapping=identifier("external_id"))


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
    email, phone = hashed_contact(values, fields.phone_region)
    known = {"emailAddress": email, "phoneNumber": phone, "address": _address(values)}
    return [{name: value} for name, value in known.items() if value]


def hashed_contact(values: Mapping[str, Any], phone_region: str | None) -> tuple[str, str]:
    """The hashes of the fields `email` and `phone`; `""` for what is not usable."""
    email = sha256_hex(normalize_google_email(mapped_text(values, "email")))
    return email, sha256_hex(normalize_phone(mapped_text(values, "phone"), phone_region))


def _address(values: Mapping[str, Any]) -> dict[str, str] | None:
    country = normalize_country(mapped_text(values, "country")).upper()
    address = {
        "givenName": sha256_hex(normalize_google_name(mapped_text(values, "first_name"))),
        "familyName": sha256_hex(normalize_google_name(mapped_text(values, "last_name"))),
        "regionCode": "" if is_hashed(country.lower()) else country,
        "postalCode": mapped_text(values, "zip"),
    }
    return address if all(address.values()) else None
