"""`patchbay config republish`: asks for it, and waits until Kafka has every record."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from deploy.api_client import ApiClient
from deploy.errors import CannotRun

POLL_SECONDS = 0.2
STUCK_SECONDS = 60.0


def republish_with_progress(api: ApiClient) -> int:
    """How many records were published again; raises `CannotRun` when the relay makes no progress."""
    records = int(api.post("/v1/config/republish")["records"])
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Publishing", total=records)
        least_waiting, moved_at = records, time.monotonic()
        while waiting := int((relay := api.get("/v1/config/relay"))["waiting"]):
            if waiting < least_waiting:
                least_waiting, moved_at = waiting, time.monotonic()
            if time.monotonic() - moved_at > STUCK_SECONDS:
                raise CannotRun(
                    f"{waiting} records still wait; they are kept and go out when Kafka is back. "
                    f"The relay: {relay['state']}, {relay['trouble'] or 'no trouble known'}."
                )
            progress.update(task, completed=max(records - waiting, 0))
            time.sleep(POLL_SECONDS)
    return records
