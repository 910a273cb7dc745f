"""Which addresses may be connected to: the rules for the moment of connecting, and a first look when a URL is saved."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from connectors.kit.errors import InvalidSettings
from connectors.kit.web_address import split_url

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network


def _networks(*cidrs: str) -> tuple[IPNetwork, ...]:
    return tuple(ip_network(cidr) for cidr in cidrs)


# The first kind that holds an address names it, so the narrow kinds come first.
_REFUSED: tuple[tuple[str, tuple[IPNetwork, ...]], ...] = (
    (
        "a cloud metadata address",
        _networks(
            "169.254.169.254/32",  # AWS, Google, Azure, and most that followed
            "169.254.170.2/32",  # AWS ECS task credentials
            "169.254.170.23/32",  # AWS EKS pod identity
            "168.63.129.16/32",  # Azure's wire server, a public address
            "100.100.100.200/32",  # Alibaba
            "192.0.0.192/32",  # Oracle
            "fd00:ec2::254/128",
            "fd00:ec2::23/128",
            "fd20:ce::254/128",
        ),
    ),
    ("an unspecified address", _networks("0.0.0.0/8", "::/128")),
    ("a loopback address", _networks("127.0.0.0/8", "::1/128")),
    ("a private address", _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")),
    ("a link-local address", _networks("169.254.0.0/16", "fe80::/10")),
    ("a site-local address", _networks("fec0::/10")),
    ("a carrier-grade NAT address", _networks("100.64.0.0/10")),
    ("a broadcast address", _networks("255.255.255.255/32")),
    ("a multicast address", _networks("224.0.0.0/4", "ff00::/8")),
    (
        "a documentation address",
        _networks("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    ),
    ("a benchmarking address", _networks("198.18.0.0/15", "2001:2::/48")),
    ("a 6to4 address", _networks("192.88.99.0/24", "2002::/16")),
    ("a Teredo address", _networks("2001::/32")),
    ("a local NAT64 address", _networks("64:ff9b:1::/48")),
    ("an IPv4-compatible address", _networks("::/96")),
    ("a reserved address", _networks("192.0.0.0/24", "240.0.0.0/4", "2001::/23", "5f00::/16")),
)
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def _connected(ip: IPAddress) -> IPAddress:
    """The address that a connection to `ip` ends at: what a mapped or a NAT64 address carries is what counts."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip


def _kind_when_refused(ip: IPAddress) -> str | None:
    """What makes `ip` an address that no partner has, or `None`."""
    for kind, networks in _REFUSED:
        if any(ip in network for network in networks):
            return kind
    if not ip.is_global or (isinstance(ip, IPv6Address) and ip not in _GLOBAL_UNICAST_V6):
        return "not an address of the public internet"
    return None


def is_public(ip: IPAddress) -> bool:
    """True when `ip` is one that a partner on the public internet can have."""
    return _kind_when_refused(_connected(ip)) is None


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Public addresses are allowed, and the networks that the operator named; nothing else is."""

    allow: tuple[IPNetwork, ...] = ()

    def allows(self, ip: IPAddress) -> bool:
        """Called before a connection is made to `ip`, with the very address that will be connected to."""
        return self.explain(ip) is None

    def explain(self, ip: IPAddress) -> str | None:
        """Why `ip` is refused, in a sentence for a person; `None` when it is allowed."""
        connected = _connected(ip)
        if any(ip in network or connected in network for network in self.allow):
            return None
        kind = _kind_when_refused(connected)
        if kind is None:
            return None
        shown = str(ip) if ip == connected else f"{ip} (that is {connected})"
        return f"{shown} is {kind}, which is not called unless the operator allows it."


_LOCAL_NAMES = ("localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback", "broadcasthost")
_METADATA_NAMES = (
    "metadata",
    "metadata.goog",
    "metadata.google.internal",
    "metadata.azure.internal",
    "metadata.tencentyun.com",
    "metadata.packet.net",
    "metadata.platformequinix.com",
    "instance-data",
    "instance-data.ec2.internal",
)
_LOOPBACK: tuple[IPAddress, ...] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_METADATA: tuple[IPAddress, ...] = (IPv4Address("169.254.169.254"),)


def check_url(url: str, policy: AddressPolicy) -> str | None:
    """Called when an address is saved: a sentence that says what is wrong with it, or `None`.

    It looks nothing up, so a name that leads to a refused address passes here and is refused when it is connected to.
    """
    try:
        address = split_url(url)
    except InvalidSettings as problem:
        return problem.detail
    if address.ip is not None:
        return policy.explain(address.ip)
    return _check_name(address.host.removesuffix("."), policy)


def _check_name(name: str, policy: AddressPolicy) -> str | None:
    if name in _LOCAL_NAMES or name.endswith(".localhost"):
        meant = _LOOPBACK
    elif name in _METADATA_NAMES:
        meant = _METADATA
    else:
        return None
    if any(policy.allows(ip) for ip in meant):
        return None
    return f"{name} stands for {policy.explain(meant[0])}"
