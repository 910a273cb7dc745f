"""Phone numbers in E.164: those that are written so already are told quickly, all others by phonenumbers."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, NumberParseException, PhoneMetadata, PhoneNumberFormat

_WRITTEN_SO = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_COUNTRY_CODE = 3


def e164(text: str, region: str | None) -> str:
    """`+31612345678` for a number with its country code, or a national one of `region`; `""` for no possible number."""
    return text if _is_e164(text) else _parsed(text, region)


def _is_e164(text: str) -> bool:
    """True when phonenumbers would surely give the text back as it is; false when that takes more than its length."""
    if _WRITTEN_SO.fullmatch(text) is None:
        return False
    for digits in range(1, _LONGEST_COUNTRY_CODE + 1):
        code = int(text[1 : 1 + digits])
        if code in COUNTRY_CODE_TO_REGION_CODE:
            lengths, prefix = _numbering(code)
            national = text[1 + digits :]
            return len(national) in lengths and (prefix is None or prefix.match(national) is None)
    return False


@lru_cache(maxsize=512)
def _numbering(country_code: int) -> tuple[frozenset[int], re.Pattern[str] | None]:
    """How long national numbers are, and the prefix that is dialled before them and is no part of them."""
    region = COUNTRY_CODE_TO_REGION_CODE[country_code][0]
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
    if metadata is None or metadata.general_desc is None:
        return frozenset(), None
    prefix = metadata.national_prefix_for_parsing
    return frozenset(metadata.general_desc.possible_length), re.compile(prefix) if prefix else None


def _parsed(text: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    formatted: str = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return formatted
