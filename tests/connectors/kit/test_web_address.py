"""A URL is taken apart one way only, and what comes out can be put on a request line."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.errors import InvalidSettings
from connectors.kit.web_address import split_url


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://Example.COM", "example.com", "/"),
        ("https://example.com:443/a?b=c", "example.com", "/a?b=c"),
        ("https://example.com:8443?b", "example.com:8443", "/?b"),
        ("http://example.com:443/", "example.com:443", "/"),
        ("http://[2606:4700::1111]:8080/", "[2606:4700::1111]:8080", "/"),
        ("https://bücher.example/é?q=ü", "xn--bcher-kva.example", "/%C3%A9?q=%C3%BC"),
        ('https://example.com/a"b%20c', "example.com", "/a%22b%20c"),
        ("https://example.com/a/../b//c", "example.com", "/a/../b//c"),
    ],
)
def test_a_url_becomes_a_host_header_and_a_request_path(url: str, authority: str, path: str) -> None:
    address = split_url(url)
    assert (address.authority, address.path) == (authority, path)


@given(st.text(max_size=60))
def test_whatever_is_in_a_url_the_request_line_stays_one_line(text: str) -> None:
    try:
        address = split_url(f"https://example.com/{text}")
    except InvalidSettings:
        return
    assert re.fullmatch(r"/[\x21-\x7e]*", address.path)
    assert address.host == "example.com"
