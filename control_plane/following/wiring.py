"""The follower of a real Kafka."""

from connectors.kit.program_settings import KafkaSettings
from connectors.records.topics import ATTEMPTS
from control_plane.database.engine import Database
from control_plane.following.follower import TOPICS, Follower
from control_plane.following.reader import KafkaTopicReader
from control_plane.following.store import FollowedStore


def kafka_follower(settings: KafkaSettings, database: Database) -> Follower:
    """Not running yet. Of attempts no more are read than are kept: after a long stop the oldest are passed over."""
    store = FollowedStore(database)
    return Follower(store, KafkaTopicReader(settings, TOPICS, {ATTEMPTS.name: store.kept.attempts}))
