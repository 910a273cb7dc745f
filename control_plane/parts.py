"""What one control plane process is made of."""

from dataclasses import dataclass, field

from connectors.kit.registry import Registry
from connectors.kit.sealing import Sealer
from control_plane.access.sign_in_limit import SignInLimit
from control_plane.access.trial_limit import TrialLimit
from control_plane.custom_type.types import CustomTypes
from control_plane.database.engine import Database
from control_plane.freshness.freshness import Freshness
from control_plane.partner_client import PartnerClient
from control_plane.publishing.relay import Relay
from control_plane.sample.recent_events import RecentEvents
from control_plane.sample.recent_outcomes import RecentOutcomes
from control_plane.settings import ControlPlaneSettings
from control_plane.startup import Startup
from control_plane.tag.containers import Containers
from control_plane.telemetry import Telemetry
from control_plane.worker.live_workers import LiveWorkers


@dataclass(frozen=True, slots=True)
class Parts:
    """Built once by `build_app`, and handed to every request."""

    settings: ControlPlaneSettings
    database: Database
    registry: Registry
    sealer: Sealer
    relay: Relay
    workers: LiveWorkers
    telemetry: Telemetry
    startup: Startup
    partner_client: PartnerClient
    events: RecentEvents
    outcomes: RecentOutcomes
    containers: Containers
    trials: TrialLimit
    custom_types: CustomTypes = field(default_factory=CustomTypes)
    sign_ins: SignInLimit = field(default_factory=SignInLimit)
    freshness: Freshness = field(default_factory=Freshness)
