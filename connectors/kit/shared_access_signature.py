"""Shared access signatures of Azure Event Hubs and Service Bus, and the connection strings that hold their keys.

https://learn.microsoft.com/rest/api/eventhub/generate-sas-token
"""

import base64
import hmac
import re
from dataclasses import dataclass
from urllib.parse import quote

_ENDPOINT = re.compile(r"sb://(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252})(?::[0-9]{1,5})?/?")
_KEY_NAME = re.compile(r"[A-Za-z0-9._-]{1,256}")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")


@dataclass(frozen=True, slots=True)
class ConnectionString:
    """What stands in a connection string; `entity` is the hub, queue or topic when it names one."""

    host: str
    key_name: str
    key: str
    entity: str | None


def parse_connection_string(text: str) -> ConnectionString:
    """The parts of a connection string; raises `ValueError` with a sentence that shows none of it."""
    pairs = (part.partition("=") for part in text.strip().split(";") if part.strip())
    parts = {name.strip().lower(): value.strip() for name, _, value in pairs}
    endpoint = _ENDPOINT.fullmatch(parts.get("endpoint", ""))
    if endpoint is None:
        raise ValueError("The connection string must hold Endpoint=sb://….servicebus.windows.net/.")
    key_name, key = parts.get("sharedaccesskeyname", ""), parts.get("sharedaccesskey", "")
    if _KEY_NAME.fullmatch(key_name) is None or not key:
        raise ValueError("The connection string must hold SharedAccessKeyName and SharedAccessKey.")
    return ConnectionString(endpoint["host"].lower(), key_name, key, parts.get("entitypath") or None)


def sign(uri: str, key_name: str, key: str, expires_at: int) -> str:
    """The value of `Authorization` for a resource, good until `expires_at` (unix seconds).

    The signature is over the escaped URI as it stands in the token, whose escapes are lower-case as .NET writes them.
    """
    resource = _ESCAPE.sub(lambda escape: escape[0].lower(), quote(uri, safe=""))
    digest = hmac.digest(key.encode(), f"{resource}\n{expires_at}".encode(), "sha256")
    signature = quote(base64.b64encode(digest), safe="")
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expires_at}&skn={key_name}"
