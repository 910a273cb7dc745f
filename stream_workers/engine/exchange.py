"""One exchange with a partner as the engine remembers it: what was sent, what came back, when, and how long it took."""

from typing import Any

from connectors.kit.exchange import Answer, PartnerRequest, PartnerResponse
from connectors.kit.masking import Masker


class Exchange:
    """`at` is unix milliseconds. What is shown of it is masked once, when it is first asked for."""

    __slots__ = ("_answer", "_request", "_said", "answer", "at", "latency_ms", "masker", "request")

    def __init__(
        self, request: PartnerRequest | None, answer: Answer | None, at: int, latency_ms: int, masker: Masker
    ) -> None:
        self.request = request
        self.answer = answer
        self.at = at
        self.latency_ms = latency_ms
        self.masker = masker
        self._request: dict[str, Any] | None = None
        self._answer: dict[str, Any] | None = None
        self._said: list[str] = []

    @property
    def http_status(self) -> int | None:
        """The status of the answer, if there was one."""
        return self.answer.status if isinstance(self.answer, PartnerResponse) else None

    def shown_request(self) -> dict[str, Any] | None:
        """The request, masked and cut."""
        if self._request is None and self.request is not None:
            self._request = self.masker.request(self.request)
        return self._request

    def shown_answer(self) -> dict[str, Any] | None:
        """The answer, masked and cut."""
        if self._answer is None and self.answer is not None:
            self._answer = self._knowing().answer(self.answer)
        return self._answer

    def says(self, detail: str | None) -> bool:
        """True for the first row of which this is said: what the partner says of a whole batch is kept once."""
        if detail is None or detail in self._said:
            return False
        self._said.append(detail)
        return True

    def scrubbed(self, text: str) -> str:
        """Text of the partner without the secrets, also those that only this request was made from."""
        return self._knowing().text(text)

    def _knowing(self) -> Masker:
        secrets = self.request.secrets if self.request is not None else ()
        return self.masker.knowing(secrets) if secrets else self.masker
