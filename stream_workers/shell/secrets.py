"""Opening and sealing: the only place of the worker where a secret leaves its sealed form."""

from connectors.kit.errors import InvalidSettings
from connectors.kit.sealing import Sealer


class SecretOpener:
    """Opens with the key ring of the installation; without keys, every sealed value is refused with a clear reason."""

    def __init__(self, keys: list[str]) -> None:
        self._sealer = Sealer(keys) if keys else None

    def __call__(self, connector_id: str, field: str, sealed: str) -> str:
        """The secret of a connector's field; raises `InvalidSettings`."""
        return self._ring().open(connector_id, field, sealed)

    def seal(self, connector_id: str, field: str, secret: str) -> str:
        """The sealed text of a secret that a partner has given us; raises `InvalidSettings`."""
        return self._ring().seal(connector_id, field, secret)

    def _ring(self) -> Sealer:
        if self._sealer is None:
            raise InvalidSettings("This worker has no keys to open secrets with; set PATCHBAY_SECRETS__KEYS.")
        return self._sealer
