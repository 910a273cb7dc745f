"""Foreign exceptions of connecting, in our own words: the only place that knows them."""

import ssl

from connectors.kit.exchange import TransportErrorKind
from stream_workers.http.dialing import AddressRefused
from stream_workers.http.resolving import NameNotFound

# uvloop raises RuntimeError where asyncio raises OSError.
DIAL_ERRORS = (OSError, RuntimeError, AddressRefused, NameNotFound)

# The first that fits, so the narrow ones come first.
_MEANINGS: tuple[tuple[type[Exception], TransportErrorKind, str], ...] = (
    (AddressRefused, TransportErrorKind.ADDRESS_REFUSED, "{error}"),
    (NameNotFound, TransportErrorKind.NAME_NOT_FOUND, "{error}"),
    (ssl.SSLCertVerificationError, TransportErrorKind.TLS_INVALID, "{host}: {error.verify_message}"),
    (ssl.SSLError, TransportErrorKind.TLS_INVALID, "{host}: TLS failed: {error.reason}"),
    (TimeoutError, TransportErrorKind.TIMEOUT, "{host} did not take the connection in time."),
    (ConnectionRefusedError, TransportErrorKind.CONNECTION_REFUSED, "{host} refused the connection."),
    (ConnectionError, TransportErrorKind.CONNECTION_LOST, "{host} dropped the connection while it was made."),
    (Exception, TransportErrorKind.CONNECTION_REFUSED, "{host} cannot be reached: {error}"),
)


def translate(error: Exception, host: str) -> tuple[TransportErrorKind, str]:
    """What went wrong while connecting to `host`, and a sentence for a person that holds no secret."""
    _, kind, sentence = next(meaning for meaning in _MEANINGS if isinstance(error, meaning[0]))
    return kind, sentence.format(error=error, host=host)
