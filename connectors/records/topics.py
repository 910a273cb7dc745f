"""Every topic: its name, key rule, partitions, clean-up policy and retention. Named nowhere else."""

from dataclasses import dataclass, field

DAY_MS = 24 * 60 * 60 * 1000
DEFAULT_PARTITIONS = 8


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it must exist on the broker; `ordered` ones may never change their partition count.

    `partitions` of `None` means the common partition count of the installation.
    """

    name: str
    key: str
    why: str
    partitions: int | None = None
    ordered: bool = False
    config: dict[str, str] = field(default_factory=dict)


PROFILE_EVENTS = Topic(
    "profile-events",
    key="profile_id",
    why="What profiles did. Seven days let a stopped installation catch up; append time decides what is late.",
    ordered=True,
    config={
        "cleanup.policy": "delete",
        "retention.ms": str(7 * DAY_MS),
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(2 * 1024 * 1024),
    },
)
CONNECTOR_CONFIG = Topic(
    "connector-config",
    key="kind:id",
    why="The published configuration. One partition, so that one offset says how much of it a worker has applied.",
    partitions=1,
    ordered=True,
    config={
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.1",
        "delete.retention.ms": str(DAY_MS),
        "segment.ms": str(DAY_MS),
        "max.message.bytes": str(4 * 1024 * 1024),
    },
)
PENDING = Topic(
    "pending",
    key="row key, or `position`",
    why="What has not been delivered yet, and how far each source partition is finished. Read whole at a takeover.",
    ordered=True,
    config={
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.2",
        "delete.retention.ms": str(DAY_MS),
        "segment.ms": str(60 * 60 * 1000),
        "segment.bytes": str(64 * 1024 * 1024),
        "max.message.bytes": str(2 * 1024 * 1024),
    },
)
OUTCOMES = Topic(
    "outcomes",
    key="profile_id, in the source's partition",
    why="One terminal end per delivery. A hundred days, so that the 90-day statistics can be counted again.",
    ordered=True,
    config={"cleanup.policy": "delete", "retention.ms": str(100 * DAY_MS)},
)
ATTEMPTS = Topic(
    "attempts",
    key="profile_id",
    why="Samples of exchanges for the delivery explorer: all failed ones, some of the accepted ones.",
    config={"cleanup.policy": "delete", "retention.ms": str(7 * DAY_MS)},
)
DEAD_LETTERS = Topic(
    "dead-letters",
    key="profile_id or none",
    why="Records that could not be read and deliveries that ended in error, for a month.",
    config={"cleanup.policy": "delete", "retention.ms": str(30 * DAY_MS), "max.message.bytes": str(4 * 1024 * 1024)},
)
COMMANDS = Topic(
    "commands",
    key="job id, in the target's partition",
    why="Replay and cancel, read by the owner of the partition. Kept as long as the events, to be caught up with them.",
    ordered=True,
    config={"cleanup.policy": "delete", "retention.ms": str(7 * DAY_MS), "max.message.bytes": str(4 * 1024 * 1024)},
)
WORKER_STATUS = Topic(
    "worker-status",
    key="worker id",
    why="What each live worker has applied, so that the control plane can say `applied on 2/2 workers`.",
    partitions=1,
    config={
        "cleanup.policy": "compact",
        "delete.retention.ms": str(DAY_MS),
        "segment.ms": str(60 * 60 * 1000),
        "max.message.bytes": str(4 * 1024 * 1024),
    },
)

TOPICS = (PROFILE_EVENTS, CONNECTOR_CONFIG, PENDING, OUTCOMES, ATTEMPTS, DEAD_LETTERS, COMMANDS, WORKER_STATUS)
CO_PARTITIONED = (PROFILE_EVENTS, PENDING, OUTCOMES, COMMANDS)
