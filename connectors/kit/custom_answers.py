"""What answers mean by a custom connector's table: the first rule that fits, and without any the plain status."""

from collections.abc import Sequence
from typing import Any

import msgspec

from connectors.kit.classification import (
    MAX_RETRY_AFTER_SECONDS,
    REASONS,
    Classification,
    classify_by_status,
    retry_after_seconds,
)
from connectors.kit.custom_definition import AnswerRule
from connectors.kit.declaration import Batch, Classify
from connectors.kit.exchange import PartnerResponse

ABSENT = object()


def classify_by_rules(rules: Sequence[AnswerRule]) -> Classify:
    """A `classify` that gives one meaning to all rows."""

    def classify(response: PartnerResponse, sent: Batch) -> tuple[Classification, ...]:
        return (_meaning(rules, response, sent),) * (len(sent.rows) or 1)

    return classify


def value_at(content: Any, pointer: str) -> Any:
    """The value at a JSON Pointer (RFC 6901), or `ABSENT`."""
    for segment in pointer.split("/")[1:]:
        name = segment.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict):
            content = content.get(name, ABSENT)
        elif isinstance(content, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(content):
            content = content[int(name)]
        else:
            return ABSENT
    return content


def _meaning(rules: Sequence[AnswerRule], response: PartnerResponse, sent: Batch) -> Classification:
    content = _content(response)
    rule = next((rule for rule in rules if _fits(rule, response.status, content)), None)
    if rule is None:
        return classify_by_status(response, sent.now)
    reason = REASONS.get(rule.verdict)
    wait = _seconds(content, rule.retry_after_at) or retry_after_seconds(response.headers, sent.now)
    if reason is None:
        return Classification(rule.verdict)
    return Classification(rule.verdict, reason, _code(content, rule.code_at) or str(response.status), wait)


def _fits(rule: AnswerRule, status: int, content: Any) -> bool:
    if status not in rule.statuses():
        return False
    if rule.pointer is None:
        return True
    found = value_at(content, rule.pointer)
    if found is ABSENT or rule.equals is None:
        return found is not ABSENT
    return any(found == wanted and isinstance(found, bool) == isinstance(wanted, bool) for wanted in rule.equals)


def _content(response: PartnerResponse) -> Any:
    try:
        return msgspec.json.decode(response.body)
    except msgspec.DecodeError:
        return ABSENT


def _code(content: Any, pointer: str | None) -> str | None:
    found = ABSENT if pointer is None else value_at(content, pointer)
    return str(found) if isinstance(found, (str, int, float)) and found != "" else None


def _seconds(content: Any, pointer: str | None) -> float | None:
    found = ABSENT if pointer is None else value_at(content, pointer)
    try:
        seconds = float(found) if isinstance(found, (str, int, float)) else -1.0
    except ValueError:
        return None
    return min(seconds, MAX_RETRY_AFTER_SECONDS) if seconds >= 0 else None
