"""Which change of a membership is newer."""

from connectors.records.profile_event import ProfileEvent

Version = tuple[int, int]
"""(milliseconds, source offset): compared as a pair, so that ties in time are settled by the offset."""


def version_of(event: ProfileEvent, appended_at: int, offset: int) -> Version:
    """The version of a change: the earlier of when it happened and when Kafka appended it (both unix milliseconds).

    A clock that runs ahead can therefore never make a change newer than the moment it arrived.
    """
    return (moment_of(event, appended_at), offset)


def moment_of(event: ProfileEvent, appended_at: int) -> int:
    """When a change counts as having happened."""
    return min(int(event.occurred_at.timestamp() * 1000), appended_at)
