"""What is told quickly is what phonenumbers tells."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.phone_numbers import _is_e164, _parsed, e164

EXAMPLES = sorted(
    {
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    }
)
Codes = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)) | st.integers(1, 999)
Numbers = st.builds(lambda code, rest: f"+{code}{rest}", Codes, st.text("0123456789", min_size=1, max_size=14))


@pytest.mark.parametrize("number", EXAMPLES)
def test_the_numbers_of_every_country_stay_as_they_are(number):
    assert e164(number, None) == _parsed(number, None) == number


def test_most_of_them_are_told_quickly():
    assert sum(_is_e164(number) for number in EXAMPLES) > 0.9 * len(EXAMPLES)


@given(Numbers, st.sampled_from([None, "NL", "US", "IT"]))
def test_whatever_follows_the_plus_the_quick_way_tells_the_same(text, region):
    assert e164(text, region) == _parsed(text, region)
