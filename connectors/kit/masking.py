"""What may be shown of an exchange: secrets masked wherever they occur, long texts cut."""

import base64
import codecs
import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse

MASK = "«secret»"
SHOWN_BYTES = 4096
SHOWN_CODE = 200
"""Characters of a partner's code; cut after the masking, since half of a secret would not be found."""
HIDDEN_HEADERS = frozenset(
    (
        *("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "access-token"),
        ":password",
    )
)
"""Headers that carry access: their values are never shown, whatever stands in them."""


def forms_of(secret: str) -> set[str]:
    """How a secret may stand in a request or be repeated in an answer; nothing for what is too short to be told."""
    if len(secret) < 4:
        return set()
    encoded = base64.b64encode(secret.encode()).decode()
    url_safe = base64.urlsafe_b64encode(secret.encode()).decode()
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        encoded,
        encoded.rstrip("="),
        quote(encoded, safe=""),
        url_safe,
        url_safe.rstrip("="),
    }


class Masker:
    """Replaces the given secrets, also in their base64, URL-encoded and JSON-escaped forms."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = {form for secret in secrets for form in forms_of(secret)}

    def knowing(self, secrets: Iterable[str]) -> "Masker":
        """One that replaces these too."""
        masker = Masker(secrets)
        masker._forms |= self._forms
        return masker

    def text(self, text: str, cut: bool = False) -> str:
        """The text without the secrets; of one that was `cut`, also without the beginning of a secret at its end."""
        end = len(text) - (max((_begun(text, form) for form in self._forms), default=0) if cut else 0)
        shown: list[str] = []
        masked_to = 0
        for start, stop in sorted(self._places(text)):
            if start >= end:
                break
            if start >= masked_to:
                shown += (text[masked_to:start], MASK)
            masked_to = max(masked_to, stop)
        return "".join((*shown, text[masked_to:end]))

    def request(self, request: PartnerRequest, body_bytes: int = SHOWN_BYTES // 2) -> dict[str, Any]:
        """A request as it may be stored: method, URL, headers, and the head of the body."""
        masker = self.knowing(request.secrets) if request.secrets else self
        return {
            "method": request.method,
            "url": masker.text(request.url)[:1024],
            "headers": {name: masker.header(name, value) for name, value in request.headers},
            "body": masker.body(request.body, body_bytes),
        }

    def answer(self, answer: Answer, body_bytes: int = SHOWN_BYTES // 4) -> dict[str, Any]:
        """An answer, or why there was none, as it may be stored."""
        if not isinstance(answer, PartnerResponse):
            return {"error": answer.kind.value, "detail": self.text(answer.detail)[:512]}
        headers = {name: self.header(name, value) for name, value in list(answer.headers.items())[:20]}
        return {
            "status": answer.status,
            "headers": headers,
            "body": self.body(answer.body, body_bytes, answer.truncated),
            "truncated": answer.truncated,
        }

    def header(self, name: str, value: str) -> str:
        """A header's value; those that carry access are hidden whole."""
        return MASK if name.lower() in HIDDEN_HEADERS else self.text(value)[:256]

    def body(self, body: bytes, limit: int, cut: bool = False) -> str:
        """The head of a body as text. No half of a secret is left where it ends, nor where the body itself was cut."""
        head = body[: limit * 4]
        cut = cut or len(head) < len(body)
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(head, final=not cut)
        return self.text(text, cut)[:limit]

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        for form in self._forms:
            start = text.find(form)
            while start >= 0:
                yield start, start + len(form)
                start = text.find(form, start + 1)


def _begun(text: str, form: str) -> int:
    """How long the beginning of the form is that the text ends with; the whole form is none."""
    tail = text[1 - len(form) :]
    start = tail.find(form[0])
    while start >= 0 and not form.startswith(tail[start:]):
        start = tail.find(form[0], start + 1)
    return len(tail) - start if start >= 0 else 0
