"""What may be shown of an exchange: secrets masked wherever they occur, long texts cut."""

import base64
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse

MASK = "«secret»"
SHOWN_BYTES = 4096
_HIDDEN_HEADERS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "access-token")
)


class Masker:
    """Replaces the given secrets, also in their base64 and URL-encoded forms."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= 4:
                encoded = base64.b64encode(secret.encode()).decode()
                forms |= {secret, quote(secret, safe=""), encoded, encoded.rstrip("="), quote(encoded, safe="")}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without the secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def request(self, request: PartnerRequest) -> dict[str, Any]:
        """A request as it may be stored: method, URL, headers, and the head of the body."""
        masker = Masker([*self._forms, *request.secrets]) if request.secrets else self
        return {
            "method": request.method,
            "url": masker.text(request.url)[:1024],
            "headers": {name: masker.header(name, value) for name, value in request.headers},
            "body": masker.body(request.body, SHOWN_BYTES // 2),
        }

    def answer(self, answer: Answer) -> dict[str, Any]:
        """An answer, or why there was none, as it may be stored."""
        if not isinstance(answer, PartnerResponse):
            return {"error": answer.kind.value, "detail": self.text(answer.detail)[:512]}
        headers = {name: self.header(name, value) for name, value in list(answer.headers.items())[:20]}
        return {
            "status": answer.status,
            "headers": headers,
            "body": self.body(answer.body, SHOWN_BYTES // 4),
            "truncated": answer.truncated,
        }

    def header(self, name: str, value: str) -> str:
        """A header's value; those that carry access are hidden whole."""
        return MASK if name.lower() in _HIDDEN_HEADERS else self.text(value)[:256]

    def body(self, body: bytes, limit: int) -> str:
        """The head of a body as text; masked before it is cut, so that no secret is cut in two."""
        return self.text(body[: limit * 4].decode("utf-8", "replace"))[:limit]
