"""Sealing secrets: encrypted with the installation's key ring, and bound to the connector and field they belong to."""

import base64
import binascii
from collections.abc import Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connectors.kit.errors import InvalidSettings


class Sealer:
    """Seals with the first key of the ring and opens with any of them.

    `keys` are Fernet keys (32 bytes, URL-safe base64), newest first. Raises `InvalidSettings` when one is malformed.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise InvalidSettings("No key to seal secrets with; set PATCHBAY_SECRETS__KEYS.")
        try:
            self._ring = MultiFernet([Fernet(key) for key in keys])
        except (ValueError, binascii.Error) as error:
            raise InvalidSettings("A key in PATCHBAY_SECRETS__KEYS is not 32 bytes of URL-safe base64.") from error

    def seal(self, owner: str, field: str, value: str) -> str:
        """The sealed text of `value`, which opens only for the same `owner` (a connector id) and `field`."""
        return self._ring.encrypt(msgspec.json.encode([owner, field, value])).decode()

    def open(self, owner: str, field: str, sealed: str) -> str:
        """The secret; raises `InvalidSettings` when no key opens it or when it was sealed for another place."""
        try:
            bound_to = msgspec.json.decode(self._ring.decrypt(sealed), type=tuple[str, str, str])
        except (InvalidToken, msgspec.MsgspecError) as error:
            raise InvalidSettings(f"The secret {field!r} cannot be opened with the keys of this ring.") from error
        if bound_to[:2] != (owner, field):
            raise InvalidSettings(f"The secret {field!r} was sealed for another connector or field; enter it again.")
        return bound_to[2]

    def reseal(self, sealed: str) -> str:
        """The same secret under the newest key; raises `InvalidSettings` when no key opens it."""
        try:
            return self._ring.rotate(sealed).decode()
        except InvalidToken as error:
            raise InvalidSettings("A sealed value cannot be opened with the keys of this installation.") from error


def new_key() -> str:
    """A fresh key for the ring."""
    return Fernet.generate_key().decode()


def looks_sealed(text: str) -> bool:
    """True for text in the form of a sealed value (Fernet's version byte 0x80 at its head)."""
    try:
        return base64.urlsafe_b64decode(text[:4])[:1] == b"\x80"
    except (ValueError, binascii.Error):
        return False
