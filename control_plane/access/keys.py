"""API keys: made, taken apart, compared. A key has 256 random bits, so a plain digest is enough to keep."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

SCHEME = "pbk"


@dataclass(frozen=True, slots=True)
class PlainKey:
    """A key in clear, `pbk_<prefix>_<secret>`: shown once, to whoever made it."""

    prefix: str
    text: str = field(repr=False)

    @property
    def digest(self) -> str:
        """What is kept instead."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def matches(self, digest: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(self.digest, digest)


def make_key() -> PlainKey:
    """A fresh key."""
    prefix = secrets.token_hex(6)
    return PlainKey(prefix, f"{SCHEME}_{prefix}_{secrets.token_hex(32)}")


def read_key(text: str) -> PlainKey | None:
    """The key in this text, or `None` when it does not have the form of one."""
    scheme, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if scheme != SCHEME or not 4 <= len(prefix) <= 16 or len(secret) < 24 or not text.isascii():
        return None
    return PlainKey(prefix, text)
