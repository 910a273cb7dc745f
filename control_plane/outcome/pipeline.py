"""What became of deliveries from stage to stage: planned, filtered, rendered, sent or failed, or still waiting."""

from collections import Counter
from collections.abc import Iterable

from connectors.records.delivery import OutcomeClass, Reason
from connectors.records.metrics_grain import ATTEMPT_CLASS_PREFIX
from control_plane.access.work import Work
from control_plane.outcome import repository
from control_plane.outcome.repository import Count, Scope
from control_plane.outcome.schemas import PipelineRead
from control_plane.outcome.window import Window

_NEVER_RENDERED = (Reason.CANNOT_RENDER, Reason.MISCONFIGURED)


async def read_pipeline(work: Work, window: Window, scope: Scope) -> PipelineRead:
    """The window up to now. What waits is known of whole connectors only, as their live workers report it."""
    waiting = None if scope.action_id is not None else await _waiting(work, scope.connector_id or "")
    return fold_pipeline(await repository.totals(work, window, scope), waiting)


def fold_pipeline(counts: Iterable[Count], waiting: int | None) -> PipelineRead:
    """Each count in its stage; pure."""
    delivered: Counter[str] = Counter()
    filtered: Counter[str] = Counter()
    not_rendered: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    failed_attempts = 0
    for item in counts:
        if item.class_.startswith(ATTEMPT_CLASS_PREFIX):
            failed_attempts += item.count
        elif item.class_ in (OutcomeClass.SENT, OutcomeClass.REMOVED):
            delivered[item.class_] += item.count
        elif item.class_ == OutcomeClass.SKIPPED:
            filtered[item.reason] += item.count
        elif item.reason in _NEVER_RENDERED:
            not_rendered[item.reason] += item.count
        else:
            failed[item.class_] += item.count
    rendered = delivered.total() + failed.total()
    return PipelineRead(
        received=filtered.total() + not_rendered.total() + rendered + (waiting or 0),
        filtered=filtered,
        not_rendered=not_rendered,
        rendered=rendered,
        sent=delivered[OutcomeClass.SENT],
        removed=delivered[OutcomeClass.REMOVED],
        failed=failed,
        failed_attempts=failed_attempts,
        waiting=waiting,
    )


async def _waiting(work: Work, connector_id: str) -> int:
    """Nothing for a connector that is deleted, or another workspace's: workers report those of every workspace."""
    if not await repository.has_connector(work, connector_id):
        return 0
    health = (worker.connectors.get(connector_id) for worker in work.parts.workers.live())
    return sum(one.pending for one in health if one is not None)
