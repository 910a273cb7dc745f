"""Every disguise of an address that is no partner's is refused, and nothing that a partner has is."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.address import AddressPolicy, check_url, is_public

PUBLIC_ONLY = AddressPolicy()

REFUSED_URLS = [
    # plain addresses, by kind
    "http://127.0.0.1/",
    "http://127.255.255.254:8080/x",
    "http://0.0.0.0/",
    "http://0.1.2.3/",
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://169.254.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials",
    "http://168.63.129.16/machine",
    "http://100.100.100.200/latest/meta-data/",
    "http://192.0.0.192/opc/v1/",
    "http://100.64.0.1/",
    "http://100.127.255.255/",
    "http://192.0.0.1/",
    "http://192.0.2.1/",
    "http://198.51.100.7/",
    "http://203.0.113.9/",
    "http://198.18.0.1/",
    "http://192.88.99.1/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    # the same in other clothes
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0X7F.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.1./",
    "http://127.0.0.1.:80/",
    "http://127。0。0。1/",
    "http://１２７.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://256.256.256.256/",
    "http://1.2.3/",
    "http://%31%32%37.0.0.1/",
    # IPv6, and IPv4 inside it
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]:8080/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[::8.8.8.8]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[64:ff9b:1::8.8.8.8]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a00:1::1]/",
    "http://[2002:808:808::1]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[5f00::1]/",
    "http://[100::1]/",
    "http://[4000::1]/",
    "http://[::1/",
    "http://::1/",
    # names
    "http://localhost/",
    "http://LOCALHOST:8080/",
    "http://localhost./",
    "http://api.localhost/",
    "http://localhost.localdomain/",
    "http://ip6-localhost/",
    "http://metadata/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://metadata.google.internal./",
    "http://Metadata.Google.Internal/",
    "http://metadata.goog/",
    "http://instance-data/latest/",
    # what is no web address at all
    "",
    "example.com",
    "//example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "kafka://topic",
    "http://user@example.com/",
    "http://user:secret@example.com/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1\\@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://example.com/#part",
    "http:///path",
    "http://:80/",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:999999/",
    "http://example.com:8o/",
    "http://example.com:80:80/",
    "http://exa mple.com/",
    " http://example.com/",
    "http://example.com/\r\nHost: evil",
    "http://example.com/\x00",
    "http://example.com\t/",
    "http://exam\u00a0ple.com/",
    "http://exa..mple.com/",
    "http://.example.com/",
    "http://-example.com/",
    "http://exa%mple.com/",
    "http://exa$mple.com/",
    "http://" + "a" * 64 + ".com/",
    "http://" + "a." * 130 + "com/",
]

ACCEPTED_URLS = [
    "https://example.com",
    "https://example.com/",
    "https://EXAMPLE.com./v1/members?list=1&x=%20y",
    "http://example.com:8080/a/../b",
    "https://hooks.example.co.uk:8443/",
    "https://bücher.example/straße",
    "https://under_score.example.com/",
    "https://8.8.8.8/",
    "https://8.8.8.8:443/dns-query",
    "https://[2606:4700:4700::1111]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[64:ff9b::8.8.8.8]/",
    "https://intranet/",
    "https://1e100.net/",
    "https://0x7f.example.com/",
    "https://localhost.example.com/",
    "https://metadata.example.com/",
    "https://example.com?only=query",
]


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_a_url_that_names_no_partner_is_refused_when_it_is_saved(url: str) -> None:
    problem = check_url(url, PUBLIC_ONLY)
    assert problem
    assert problem.endswith(".")


@pytest.mark.parametrize("url", ACCEPTED_URLS)
def test_a_partners_url_may_be_saved(url: str) -> None:
    assert check_url(url, PUBLIC_ONLY) is None


def test_a_refusal_never_repeats_the_credentials_in_a_url() -> None:
    assert "hunter2" not in str(check_url("https://admin:hunter2@example.com/", PUBLIC_ONLY))


@pytest.mark.parametrize(
    ("url", "allow"),
    [
        ("http://127.0.0.1:9000/", "127.0.0.1/32"),
        ("http://localhost:9000/", "127.0.0.0/8"),
        ("http://localhost:9000/", "::1/128"),
        ("http://[::ffff:127.0.0.1]/", "127.0.0.1/32"),
        ("http://[64:ff9b::10.1.2.3]/", "10.0.0.0/8"),
        ("http://[64:ff9b::10.1.2.3]/", "64:ff9b::/96"),
        ("http://10.1.2.3/", "10.1.0.0/16"),
        ("http://metadata.google.internal/", "169.254.169.254/32"),
    ],
)
def test_what_the_operator_allows_may_be_called(url: str, allow: str) -> None:
    assert check_url(url, AddressPolicy((ip_network(allow),))) is None


def test_an_allowed_network_opens_nothing_beside_it() -> None:
    policy = AddressPolicy((ip_network("10.1.0.0/16"),))
    assert not policy.allows(ip_address("10.2.0.1"))
    assert not policy.allows(ip_address("127.0.0.1"))
    assert check_url("http://localhost/", policy)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("10.0.0.1", "private"),
        ("169.254.169.254", "metadata"),
        ("169.254.1.1", "link-local"),
        ("100.64.0.1", "carrier-grade"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("0.0.0.0", "unspecified"),
        ("::ffff:127.0.0.1", "loopback"),
        ("64:ff9b::10.0.0.1", "private"),
        ("2002::1", "6to4"),
        ("2001::1", "Teredo"),
        ("::8.8.8.8", "IPv4-compatible"),
    ],
)
def test_a_refusal_says_what_kind_of_address_it_is(address: str, kind: str) -> None:
    assert kind in str(PUBLIC_ONLY.explain(ip_address(address)))


def carried(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """What a mapped or a NAT64 address ends at, computed from its bytes."""
    if isinstance(ip, IPv6Address) and ip.packed[:12] in (b"\0" * 10 + b"\xff\xff", b"\0\x64\xff\x9b" + b"\0" * 8):
        return IPv4Address(ip.packed[12:])
    return ip


v4 = st.integers(0, 2**32 - 1).map(IPv4Address)
near_special_v4 = st.sampled_from(
    ["0.0.0.0", "10.0.0.0", "100.64.0.0", "127.0.0.0", "169.254.0.0", "172.16.0.0", "192.168.0.0", "224.0.0.0"]
).flatmap(lambda base: st.integers(0, 2**22).map(lambda offset: IPv4Address(int(IPv4Address(base)) + offset)))
prefixes = st.sampled_from(["::", "::ffff:0:0", "64:ff9b::", "64:ff9b:1::", "2002::", "2001::", "fc00::", "fe80::"])
v4_in_v6 = st.builds(lambda base, ip: IPv6Address(int(IPv6Address(base)) | int(ip)), prefixes, v4 | near_special_v4)
v6 = st.integers(0, 2**128 - 1).map(IPv6Address) | st.integers(0, 2**125 - 1).map(lambda n: IPv6Address((1 << 125) | n))
any_address = v4 | near_special_v4 | v4_in_v6 | v6


@given(any_address)
def test_no_address_is_allowed_that_is_not_global(ip: IPv4Address | IPv6Address) -> None:
    if PUBLIC_ONLY.allows(ip):
        end = carried(ip)
        assert end.is_global
        assert not any((end.is_private, end.is_multicast, end.is_reserved, end.is_link_local, end.is_loopback))


@given(any_address)
def test_an_address_and_its_mapped_form_are_judged_alike(ip: IPv4Address | IPv6Address) -> None:
    if isinstance(ip, IPv4Address):
        assert is_public(ip) == is_public(IPv6Address(f"::ffff:{ip}")) == is_public(IPv6Address(f"64:ff9b::{ip}"))


@given(any_address)
def test_a_literal_in_a_url_is_judged_as_the_address_itself(ip: IPv4Address | IPv6Address) -> None:
    host = str(ip) if isinstance(ip, IPv4Address) else f"[{ip}]"
    assert (check_url(f"https://{host}/", PUBLIC_ONLY) is None) == PUBLIC_ONLY.allows(ip)


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_text_is_either_a_problem_or_an_address(text: str, path: str) -> None:
    for url in (text, f"https://{text}/{path}", f"https://example.com/{text}"):
        problem = check_url(url, PUBLIC_ONLY)
        assert problem is None or problem
