"""The canonical names of identifiers, and the normalisers that give every spelling of a value the same hash.

Every normaliser takes text or nothing, gives `""` for what cannot be used, is idempotent, and leaves a SHA-256 that it
is handed (64 lower-case hex digits) as it is.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from connectors.kit.phone_numbers import e164


@dataclass(frozen=True, slots=True)
class Identifier:
    """One kind of identifier that a profile may carry, by the name that events use."""

    name: str
    label: str
    description: str


EMAIL = "email"
PHONE = "phone"
EXTERNAL_ID = "external_id"
CUSTOMER_ID = "customer_id"
EMAIL_SHA256 = "email_sha256"
PHONE_SHA256 = "phone_sha256"
IDFA = "idfa"
AAID = "aaid"
XANDR_ID = "xandr_id"
GOOGLE_USER_ID = "google_user_id"
GCLID = "gclid"
DCLID = "dclid"
MATCH_ID = "match_id"
IMPRESSION_ID = "impression_id"
ENCRYPTED_USER_ID = "encrypted_user_id"
FACEBOOK_APP_USER_ID = "facebook_app_user_id"
BRAZE_ID = "braze_id"
CONTACT_KEY = "contact_key"
COOKIE_ID = "cookie_id"
DEVICE_ID = "device_id"
PPID = "ppid"
ADDRESS = "address"

ADDRESS_PARTS = ("first_name", "last_name", "zip", "country")
"""The attributes of a profile that make an address, unless a mapping takes them from elsewhere."""

IDENTIFIERS: dict[str, Identifier] = {
    name: Identifier(name, label, description)
    for name, label, description in (
        (EMAIL, "E-mail address", "In plain text; connectors normalise and hash it where a partner wants that."),
        (PHONE, "Phone number", "With its country code (+31 6 …), or national where the connector knows the country."),
        (EXTERNAL_ID, "External ID", "Your own id of the person, as the partner knows it."),
        (CUSTOMER_ID, "Customer ID", "The id of the person in your customer system."),
        (EMAIL_SHA256, "E-mail, SHA-256", "Hex SHA-256 of the trimmed, lower-case address."),
        (PHONE_SHA256, "Phone, SHA-256", "Hex SHA-256 of the number."),
        (IDFA, "Apple advertising ID", "IDFA, with hyphens."),
        (AAID, "Google advertising ID", "AAID of an Android device, with hyphens."),
        (XANDR_ID, "Xandr user ID", "The numeric user id of Xandr's cookie match."),
        (GOOGLE_USER_ID, "Google user ID", "The id of Google's cookie match, for the bulk uploader of DV360."),
        (GCLID, "Google click ID", "From the landing page's `gclid` parameter."),
        (DCLID, "Display click ID", "From the landing page's `dclid` parameter."),
        (MATCH_ID, "Floodlight match ID", "Your own id, sent with a Floodlight tag earlier."),
        (IMPRESSION_ID, "Campaign Manager impression ID", "The id of one impression."),
        (ENCRYPTED_USER_ID, "Google encrypted user ID", "From the %m macro or Data Transfer."),
        (FACEBOOK_APP_USER_ID, "Facebook app user ID", "The person's id within your Facebook app."),
        (BRAZE_ID, "Braze ID", "The id that Braze gave the person."),
        (CONTACT_KEY, "Contact key", "The primary key of a Salesforce Marketing Cloud contact."),
        (COOKIE_ID, "Cookie ID", "Your own first-party cookie's id."),
        (DEVICE_ID, "Device ID", "The id of a device in your own systems."),
        (ADDRESS, "Name and address", "Attributes: first name, last name, postal code and country, all four of them."),
        (PPID, "Publisher-provided ID", "The id that you give Google or Xandr for a signed-in person."),
    )
}

_HASHED = re.compile(r"[0-9a-f]{64}")
_BLANKS = re.compile(r"\s+")
_NOT_DIGITS = re.compile(r"[^0-9]")
_NO_PERSON = re.compile(r"[0-]*")
_BIRTH_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[T ].*)?", re.DOTALL)
_BEFORE_ONE_DIGIT = re.compile(r"-(?=[0-9](?![0-9]))")
_GENDERS = {"f": "f", "female": "f", "woman": "f", "m": "m", "male": "m", "man": "m"}


def is_hashed(value: str) -> bool:
    """True for a SHA-256 in lower-case hex."""
    return len(value) == 64 and _HASHED.fullmatch(value) is not None


def sha256_hex(value: str | None) -> str:
    """The SHA-256 of the UTF-8 bytes, in lower-case hex; nothing stays nothing, a hash stays that hash."""
    if not value or is_hashed(value):
        return value or ""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def normalize_email(value: str | None) -> str:
    """Trimmed and lower-case; `""` without an `@` between two texts."""
    text = _folded(value)
    if is_hashed(text):
        return text
    text = "".join(text.split())
    local, _, domain = text.rpartition("@")
    return text if local and domain else ""


def normalize_google_email(value: str | None) -> str:
    """The same as Google wants it: at gmail.com and googlemail.com without dots and `+suffix` before the `@`."""
    text = normalize_email(value)
    local, _, domain = text.rpartition("@")
    if domain not in ("gmail.com", "googlemail.com"):
        return text
    local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}" if local else ""


def normalize_phone(value: str | None, region: str | None = None) -> str:
    """E.164 (`+31612345678`); `""` for what is no possible number.

    Without `region` (two letters) the number must hold its country code; one leading zero then makes it unusable.
    """
    text = (value or "").strip()
    if is_hashed(text):
        return text
    national = region is not None and not text.startswith(("+", "00"))
    if not national:
        digits = _NOT_DIGITS.sub("", text)
        if digits.startswith("00"):
            digits = digits[2:]
        if not digits or digits.startswith("0"):
            return ""
        text = text if text.startswith("+") else f"+{digits}"
    return e164(text, region and region.upper())


def phone_digits(value: str | None, region: str | None = None) -> str:
    """The digits of the E.164 form, country code first, without the plus."""
    return normalize_phone(value, region).removeprefix("+")


def normalize_name(value: str | None) -> str:
    """A first or last name: lower-case, letters of any script with their accents; no punctuation, blanks or digits."""
    text = _folded(value)
    return text if is_hashed(text) else _letters(text)


def normalize_google_name(value: str | None) -> str:
    """A first or last name as Google wants it: trimmed and lower-case, and nothing else of it changed."""
    return _folded(value)


def normalize_city(value: str | None) -> str:
    """A city or state: lower-case letters only."""
    return normalize_name(value)


def normalize_zip(value: str | None) -> str:
    """A postal code: lower-case, no blanks, and of `94103-1234` only what stands before the hyphen."""
    text = _folded(value)
    return text if is_hashed(text) else _BLANKS.sub("", text).partition("-")[0]


def normalize_country(value: str | None) -> str:
    """An ISO 3166 country of two letters, lower-case; `""` for anything else."""
    text = _folded(value)
    return text if is_hashed(text) or (len(text) == 2 and text.isascii() and text.isalpha()) else ""


def normalize_gender(value: str | None) -> str:
    """`f` or `m`; `""` for anything else, since partners know no third."""
    text = _folded(value)
    return text if is_hashed(text) else _GENDERS.get(text, "")


def normalize_device_id(value: str | None) -> str:
    """A mobile advertising id: lower-case, hyphens kept; the all-zero id of a person who opted out is `""`."""
    text = _folded(value)
    return "" if _NO_PERSON.fullmatch(text) else text


def birth_date_parts(value: str | None) -> tuple[str, str, str]:
    """Year, month and day as four, two and two digits, of an ISO date; three times `""` for anything else.

    With hyphens, a month or a day may have one digit.
    """
    match = _BIRTH_DATE.fullmatch(_BEFORE_ONE_DIGIT.sub("-0", (value or "").strip()))
    if match is None or not ("01" <= match[2] <= "12" and "01" <= match[3] <= "31"):
        return "", "", ""
    return match[1], match[2], match[3]


def _folded(value: str | None) -> str:
    text = (value or "").strip().lower()
    return text if text.isascii() else unicodedata.normalize("NFC", text).strip()


def _letters(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character)[0] in "LM")
