"""Normalisers give every spelling of a value one form, and partners' published vectors hold."""

import unicodedata

import pytest
from facebook_business.adobjects.serverside.normalize import Normalize
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.kit import identifiers
from connectors.kit.identifiers import (
    IDENTIFIERS,
    birth_date_parts,
    is_hashed,
    normalize_city,
    normalize_country,
    normalize_device_id,
    normalize_email,
    normalize_gender,
    normalize_google_email,
    normalize_google_name,
    normalize_name,
    normalize_phone,
    normalize_zip,
    phone_digits,
    sha256_hex,
)

NORMALISERS = (
    normalize_city,
    normalize_country,
    normalize_device_id,
    normalize_email,
    normalize_gender,
    normalize_google_email,
    normalize_google_name,
    normalize_name,
    normalize_phone,
    normalize_zip,
    phone_digits,
    sha256_hex,
)
HASH = "cfe00dde46ef942601ffafb9e2825e802858b460e586b8305b344c1eb826357d"

spellings = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"\s*[\w.+İßΣ]{1,12}@[\wİßΣ]{1,12}\.[a-zA-Z]{2,4}\s*", fullmatch=True),
    st.from_regex(r"(\+|00|0)?[0-9 ().-]{4,20}", fullmatch=True),
)


@pytest.mark.parametrize("normalise", NORMALISERS)
@given(value=spellings)
@example(value="İstanbul@EXAMPLE.org")
@example(value="ΑΣ@ΑΣ.gr")
@example(value="+31 (0)6 1234 5678")
def test_a_normalised_value_stays_as_it_is(normalise, value):
    once = normalise(value)
    assert normalise(once) == once


@pytest.mark.parametrize("normalise", NORMALISERS)
def test_a_hash_is_left_alone(normalise):
    assert normalise(HASH) == HASH


@pytest.mark.parametrize("nothing", [None, "", "  ", "\t\n"])
@pytest.mark.parametrize("normalise", [each for each in NORMALISERS if each is not sha256_hex])
def test_blank_means_absent(normalise, nothing):
    assert normalise(nothing) == ""


def test_nothing_is_not_hashed():
    assert sha256_hex(None) == ""
    assert sha256_hex("") == ""


@given(value=st.text(max_size=40))
def test_composed_and_decomposed_unicode_hash_alike(value):
    composed, decomposed = unicodedata.normalize("NFC", value), unicodedata.normalize("NFD", value)
    assert normalize_name(composed) == normalize_name(decomposed)
    assert normalize_email(composed) == normalize_email(decomposed)


@pytest.mark.parametrize(
    ("normalise", "value", "expected"),
    [
        (normalize_email, "  Ada@Example.ORG ", "ada@example.org"),
        (normalize_email, "ada.example.org", ""),
        (normalize_email, "@example.org", ""),
        (normalize_google_email, "A.da+news@Gmail.com", "ada@gmail.com"),
        (normalize_google_email, "a.da+news@example.org", "a.da+news@example.org"),
        (normalize_phone, "+31 (0)6 12 34 56 78", "+31612345678"),
        (normalize_phone, "0031612345678", "+31612345678"),
        (normalize_phone, "1 (650) 555-1234", "+16505551234"),
        (normalize_phone, "06 12345678", ""),
        (normalize_phone, "+0000", ""),
        (normalize_phone, "ada", ""),
        (phone_digits, "+44 7911 123456", "447911123456"),
        (normalize_name, " Łukasz O'Neil-Śmith Jr. ", "łukaszoneilśmithjr"),
        (normalize_name, "Ада Лавлейс", "адалавлейс"),
        (normalize_city, "San Francisco", "sanfrancisco"),
        (normalize_zip, "94103-1234", "94103"),
        (normalize_zip, "SW1A 1AA", "sw1a1aa"),
        (normalize_country, "NL", "nl"),
        (normalize_country, "Netherlands", ""),
        (normalize_gender, "Female", "f"),
        (normalize_gender, "other", ""),
        (normalize_device_id, "AB12CD34-0000-4000-8000-0123456789AB", "ab12cd34-0000-4000-8000-0123456789ab"),
        (normalize_device_id, "00000000-0000-0000-0000-000000000000", ""),
    ],
)
def test_known_spellings_have_one_form(normalise, value, expected):
    assert normalise(value) == expected


def test_a_national_number_is_read_in_its_region():
    assert normalize_phone("06 12345678", "nl") == "+31612345678"
    assert normalize_phone("+44 7911 123456", "nl") == "+447911123456"


def test_a_birth_date_gives_three_padded_parts():
    assert birth_date_parts("1815-12-10") == ("1815", "12", "10")
    assert birth_date_parts("1815-12-10T00:00:00Z") == ("1815", "12", "10")
    assert birth_date_parts("1815-1-5") == ("1815", "01", "05")
    assert birth_date_parts("1815-12-5T00:00:00Z") == ("1815", "12", "05")
    assert birth_date_parts("1815-5") == ("", "", "")
    assert birth_date_parts("18151") == ("", "", "")
    assert birth_date_parts("1815-0-5") == ("", "", "")
    assert birth_date_parts("1815-13-10") == ("", "", "")
    assert birth_date_parts(None) == ("", "", "")


@pytest.mark.parametrize(
    ("normalise", "field", "value"),
    [
        (normalize_email, "em", " Ada.Lovelace@Example.org "),
        (phone_digits, "ph", "+1 (650) 555-1234"),
        (normalize_city, "ct", "San Francisco"),
        (normalize_city, "st", "C.A."),
        (normalize_zip, "zp", "94103-1234"),
        (normalize_country, "country", "US"),
    ],
)
def test_hashes_are_those_of_the_partners_own_library(normalise, field, value):
    assert sha256_hex(normalise(value)) == Normalize.normalize_field(field, value)


def test_a_known_hash_is_right():
    assert sha256_hex("ada@example.org") == HASH
    assert is_hashed(HASH)
    assert not is_hashed(HASH + "\n")
    assert not is_hashed(HASH.upper())


def test_every_name_is_listed_once():
    names = {value for key, value in vars(identifiers).items() if key.isupper() and isinstance(value, str)}
    assert names == set(IDENTIFIERS)


@pytest.mark.parametrize(
    ("normalise", "written", "form"),
    [
        (normalize_google_email, "cloudy.sanfrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com"),
        (normalize_google_email, "user.name+NYC@Example.com", "user.name+nyc@example.com"),
        (lambda number: normalize_phone(number, "US"), "(800)555-0100", "+18005550100"),
        (normalize_google_name, "  Mary Ann ", "mary ann"),
    ],
)
def test_the_examples_of_googles_guide_hold(normalise, written, form):
    """https://developers.google.com/data-manager/api/devguides/concepts/formatting"""
    assert normalise(written) == form
