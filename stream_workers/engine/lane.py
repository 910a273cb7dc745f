"""The deliveries of one profile to one connector, in order: at most one attempt at a time."""

import msgspec

from stream_workers.engine.delivery import Delivery, Stage


class Lane(msgspec.Struct, eq=False):
    """Small on purpose: there is one for each profile and connector with anything open."""

    items: list[Delivery] = []
    running: Delivery | None = None

    def leave(self, delivery: Delivery) -> None:
        """A delivery is over."""
        if self.items and self.items[0] is delivery:
            del self.items[0]
        elif delivery in self.items:
            self.items.remove(delivery)
        if self.running is delivery:
            self.running = None

    def next_behind(self) -> Delivery | None:
        """The delivery whose turn it is now, if it has not been told; batches take their rows by themselves."""
        if self.running is not None:
            return None
        for delivery in self.items:
            if not delivery.batched:
                return delivery if delivery.stage is Stage.BEHIND else None
        return None

    def waiting_like(self, delivery: Delivery) -> list[Delivery]:
        """Older deliveries of the same membership through the same action that are not being attempted."""
        key = delivery.key()
        return [
            other
            for other in self.items
            if other is not delivery
            and other.action_id == delivery.action_id
            and other.key() == key
            and other.stage is not Stage.RUNNING
        ]
