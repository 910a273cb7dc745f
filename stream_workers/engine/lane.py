"""The deliveries of one profile to one connector, in order: at most one attempt at a time."""

from collections.abc import Iterator, Sequence

from stream_workers.engine.delivery import Delivery, Stage


class Lane:
    """Two or more deliveries, of which others may have left since."""

    __slots__ = ("items", "running")

    def __init__(self, items: list[Delivery], running: Delivery | None) -> None:
        self.items = items
        self.running = running

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


class Lanes:
    """The lanes of one connector. A delivery that is alone stands for its lane: most are, of a million or more."""

    def __init__(self) -> None:
        self._lanes: dict[str, Delivery | Lane] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def __contains__(self, profile_id: str) -> bool:
        return profile_id in self._lanes

    def __iter__(self) -> Iterator[Delivery]:
        """Every delivery that is not over; they may leave meanwhile."""
        for lane in list(self._lanes.values()):
            if isinstance(lane, Lane):
                yield from list(lane.items)
            else:
                yield lane

    def of(self, profile_id: str) -> Sequence[Delivery]:
        """The deliveries of a profile, in order; they may leave meanwhile."""
        lane = self._lanes.get(profile_id)
        if lane is None:
            return ()
        return list(lane.items) if isinstance(lane, Lane) else (lane,)

    def of_row(self, profile_id: str, key: bytes) -> list[Delivery]:
        """The deliveries of one membership through one action."""
        return [delivery for delivery in self.of(profile_id) if delivery.key() == key]

    def enter(self, delivery: Delivery) -> bool:
        """Take the last place of the lane; true when it is the first, too."""
        lane = self._lanes.setdefault(delivery.lane, delivery)
        if lane is delivery:
            return True
        if isinstance(lane, Lane):
            lane.items.append(delivery)
        else:
            running = lane if lane.is_busy else None
            self._lanes[delivery.lane] = Lane([lane, delivery], running)
        return False

    def leave(self, delivery: Delivery) -> Delivery | None:
        """A delivery is over; returns the one whose turn it is now."""
        delivery.stage = Stage.OVER
        lane = self._lanes.get(delivery.lane)
        if isinstance(lane, Lane):
            lane.leave(delivery)
            if lane.items:
                return lane.next_behind()
            del self._lanes[delivery.lane]
        elif lane is delivery:
            del self._lanes[delivery.lane]
        return None

    def head(self, profile_id: str) -> Delivery:
        """The first delivery of a profile that has one."""
        lane = self._lanes[profile_id]
        return lane.items[0] if isinstance(lane, Lane) else lane

    def next_behind(self, profile_id: str) -> Delivery | None:
        """The delivery whose turn it is now, if it has not been told."""
        lane = self._lanes.get(profile_id)
        return lane.next_behind() if isinstance(lane, Lane) else None

    def is_running(self, profile_id: str) -> bool:
        """True while one of the lane is attempted, or its partner works on it."""
        lane = self._lanes.get(profile_id)
        if isinstance(lane, Lane):
            return lane.running is not None
        return lane is not None and lane.is_busy

    def begin(self, delivery: Delivery) -> None:
        """It is attempted now."""
        delivery.stage = Stage.RUNNING
        lane = self._lanes.get(delivery.lane)
        if isinstance(lane, Lane):
            lane.running = delivery

    def pause(self, delivery: Delivery) -> None:
        """Its attempt has not ended it."""
        delivery.stage = Stage.BEHIND
        lane = self._lanes.get(delivery.lane)
        if isinstance(lane, Lane):
            lane.running = None
