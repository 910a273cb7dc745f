"""The exceptions of the system, grouped by what to do next; each has a stable reason and a sentence for a person."""

from connectors.records.delivery import Reason


class PatchbayError(Exception):
    """The root. `reason` is the stable code, `detail` says what to do; neither holds a secret or raw partner text."""

    default_reason = Reason.INTERNAL_ERROR

    def __init__(self, detail: str, reason: Reason | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason or self.default_reason


class InvalidSettings(PatchbayError):
    """The admin must act: settings, fields or a mapping do not hold; deliveries end `other_error: misconfigured`."""

    default_reason = Reason.MISCONFIGURED


class CannotRender(PatchbayError):
    """This event cannot be put into a request: an outcome without an attempt, and a dead letter."""

    default_reason = Reason.CANNOT_RENDER


class PartnerUnreachable(PatchbayError):
    """No answer came; the clock may help. `timeout` or `unreachable` once the attempts are spent."""

    default_reason = Reason.UNREACHABLE
