"""The table of a partner's documented codes: what each means, which verdict it is, and how long to wait after it."""

from collections.abc import Mapping

import msgspec

from connectors.kit.classification import DEFAULT_BY_STATUS, Classification, Verdict, refusal, retry_after_seconds
from connectors.kit.declaration import Batch
from connectors.kit.exchange import PartnerResponse

WAITS = frozenset((Verdict.THROTTLED, Verdict.TRY_AGAIN))


class PartnerCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One documented code; with `wait_seconds` the next attempt is that far away at least."""

    verdict: Verdict
    means: str
    wait_seconds: float | None = None


class CodeTable:
    """The codes of one partner, by the text that outcomes show."""

    def __init__(self, codes: Mapping[str, PartnerCode]) -> None:
        self._codes = codes

    @property
    def meanings(self) -> Mapping[str, str]:
        """What each code means, in a sentence."""
        return {code: known.means for code, known in self._codes.items()}

    def verdict(self, code: str) -> Verdict | None:
        """The verdict that a code is, or `None` when it is not documented."""
        return self._codes[code].verdict if code in self._codes else None

    def refusal(
        self, response: PartnerResponse, sent: Batch | None, *codes: str, otherwise: Verdict | None = None
    ) -> Classification:
        """What a refusal means by the first code that is known; the first of all, or the status, is shown.

        `codes` are the partner's, most telling first; without any the status is looked up. What is not in the table is
        `otherwise`, or read by its status.
        """
        shown = codes or (str(response.status),)
        known = next((self._codes[code] for code in shown if code in self._codes), None)
        verdict = known.verdict if known else otherwise or DEFAULT_BY_STATUS.get(response.status, Verdict.REJECTED)
        asked = retry_after_seconds(response.headers, sent.now) if sent is not None else None
        least = known.wait_seconds if known is not None else None
        wait = asked if least is None else max(asked or 0.0, least)
        return refusal(halved(verdict, sent), shown[0], wait if verdict in WAITS else None)


def halved(verdict: Verdict, sent: Batch | None) -> Verdict:
    """`SPLIT` only where there is something to halve: several rows that have not begun a job; else `REJECTED`."""
    can_halve = sent is not None and len(sent.rows) > 1 and sent.ticket is None
    return Verdict.REJECTED if verdict is Verdict.SPLIT and not can_halve else verdict
