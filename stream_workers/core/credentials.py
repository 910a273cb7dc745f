"""Which credentials workers have renewed, and whose turn it is to renew one: a fold of `connector-config`."""

from connectors.records.config import ConfigRecord, CredentialConfig, TurnConfig

TURN_MS = 60_000
"""A turn that was not given back ends after this: twice the longest call, so that clocks may be half a minute apart."""


class Credentials:
    """Every worker reads the same records in the same order, so all of them agree on whose turn it is.

    A turn is taken by asking for it on the topic: the first who asks has it, until he gives it back or it has lasted
    too long. Who asked in vain asks again when it is over.
    """

    def __init__(self) -> None:
        self._renewed: dict[str, CredentialConfig] = {}
        self._turns: dict[str, TurnConfig] = {}

    def take(self, key: bytes, record: ConfigRecord | None) -> None:
        """The next record of the topic; those of other kinds change nothing."""
        kind, _, connector_id = key.decode("utf-8", "replace").partition(":")
        if record is None and kind == "credential":
            self._renewed.pop(connector_id, None)
        elif record is None and kind == "turn":
            self._turns.pop(connector_id, None)
        elif isinstance(record, CredentialConfig):
            known = self._renewed.get(record.id)
            if known is None or record.revision >= known.revision:
                self._renewed[record.id] = record
        elif isinstance(record, TurnConfig):
            self._take_turn(record)

    def renewed(self, connector_id: str) -> CredentialConfig | None:
        """What the last renewal of the connector's credential has left."""
        return self._renewed.get(connector_id)

    def turn_of(self, connector_id: str, now: int) -> TurnConfig | None:
        """The turn that lasts at this time (unix milliseconds), as its worker asked for it."""
        turn = self._turns.get(connector_id)
        return turn if turn is not None and now < turn.at + TURN_MS else None

    def _take_turn(self, asked: TurnConfig) -> None:
        holder = self._turns.get(asked.id)
        if asked.over:
            if holder is not None and (holder.worker, holder.at) == (asked.worker, asked.at):
                del self._turns[asked.id]
        elif holder is None or asked.at >= holder.at + TURN_MS:
            self._turns[asked.id] = asked
