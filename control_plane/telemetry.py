"""Every metric of the control plane, by name; each happening has a method."""

from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)


def program_version() -> str:
    """The version of Patchbay that runs."""
    try:
        return version("patchbay")
    except PackageNotFoundError:
        return "unknown"


class Telemetry:
    """Named happenings as Prometheus metrics on a registry of one's own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        on = self.registry
        Info("patchbay_control_plane_build", "What runs.", registry=on).info({"version": program_version()})
        self._requests = Histogram(
            "patchbay_api_request_duration_seconds",
            "How long API requests take.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=on,
        )
        self._published = Counter(
            "patchbay_config_records_published_total", "Records on connector-config.", registry=on
        )
        self._waiting = Gauge(
            "patchbay_config_outbox_waiting", "Records on their way to connector-config.", registry=on
        )
        self._relay = Gauge("patchbay_config_relay_state", "1 for the state the relay is in.", ("state",), registry=on)
        self._workers = Gauge("patchbay_workers_live", "Workers that were heard of lately.", registry=on)
        self._relay_state = "starting"
        self._relay.labels("starting").set(1)

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """An API request has been answered."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def records_published(self, count: int) -> None:
        """The relay has put records on the topic."""
        self._published.inc(count)

    def outbox_waits(self, count: int) -> None:
        """So many records wait for the relay."""
        self._waiting.set(count)

    def database_unreachable(self) -> None:
        """The database could not be asked."""
        self._waiting.set(float("nan"))

    def outbox_drained(self) -> None:
        """The relay found nothing more to do."""
        self._waiting.set(0)

    def relay_entered(self, state: str) -> None:
        """The relay is in another state."""
        self._relay.labels(self._relay_state).set(0)
        self._relay.labels(state).set(1)
        self._relay_state = state

    def workers_live(self, count: int) -> None:
        """So many workers were heard of lately."""
        self._workers.set(count)
