"""How a path is told to misbehave: slow, failing, throttling, hanging, resetting, dripping, garbage, or a gigabyte."""

from typing import Annotated

import msgspec

Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0)]


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What happens to requests whose path starts with `path`; the longest matching path wins.

    `fraction` of the requests are affected, evenly spread; after `times` affected requests the behaviour is over.
    `status`, `body` and `headers` replace the answer; `retry_after` adds that header.
    """

    path: str
    latency_ms: Milliseconds = 0
    status: int | None = None
    body: str | None = None
    headers: dict[str, str] = {}
    retry_after: str | int | None = None
    hang: bool = False
    reset: bool = False
    garbage: bool = False
    gigabyte: bool = False
    drip_ms: Milliseconds | None = None
    fraction: Fraction = 1.0
    times: int | None = None

    @property
    def spoils_the_answer(self) -> bool:
        """True when no whole, proper answer will reach the caller."""
        return self.hang or self.reset or self.garbage or self.gigabyte


class Behaviours:
    """The rules in force."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def put(self, behaviour: Behaviour) -> None:
        """Sets the rule of one path, in place of an earlier one."""
        self.clear(behaviour.path)
        self._rules.append(_Rule(behaviour))
        self._rules.sort(key=lambda rule: -len(rule.behaviour.path))

    def clear(self, path: str | None = None) -> None:
        """Ends the rule of a path, or all of them."""
        self._rules = [rule for rule in self._rules if path is not None and rule.behaviour.path != path]

    def all(self) -> list[Behaviour]:
        """The rules, longest path first."""
        return [rule.behaviour for rule in self._rules]

    def next_for(self, path: str) -> Behaviour | None:
        """What befalls the next request to `path`; `None` for nothing."""
        for rule in self._rules:
            if path.startswith(rule.behaviour.path):
                return rule.behaviour if rule.strikes() else None
        return None


class _Rule:
    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self._asked = 0
        self._struck = 0

    def strikes(self) -> bool:
        if self.behaviour.times is not None and self._struck >= self.behaviour.times:
            return False
        self._asked += 1
        if int(self._asked * self.behaviour.fraction) == int((self._asked - 1) * self.behaviour.fraction):
            return False
        self._struck += 1
        return True
