"""Field by field: what of one JSON tree is otherwise in another; pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.kit.mapping_check import child_pointer

ABSENT = object()
_NAMES = ("id", "action_id")
"""What tells the members of a list apart, whatever their order."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`before` or `after` is `ABSENT` for what only one side has. Members of lists are named by their ids."""

    pointer: str
    before: Any
    after: Any


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[Difference]:
    """Every leaf that differs, in the order of the older tree, then what is new."""
    if _as_text(before) == _as_text(after):
        return
    old, new = _members(before), _members(after)
    if old is None or new is None or isinstance(before, Mapping) != isinstance(after, Mapping):
        yield Difference(pointer, before, after)
        return
    for name in dict.fromkeys((*old, *new)):
        yield from _member(child_pointer(pointer, name), old.get(name, ABSENT), new.get(name, ABSENT))
    if list(old) != list(new) and set(old) == set(new) and not isinstance(before, Mapping):
        yield Difference(pointer, list(old), list(new))


def _as_text(tree: Any) -> str:
    # Python takes 1 for true; JSON does not.
    return json.dumps(tree, sort_keys=True)


def _member(pointer: str, before: Any, after: Any) -> Iterator[Difference]:
    if before is ABSENT or after is ABSENT:
        yield Difference(pointer, before, after)
    else:
        yield from differences(before, after, pointer)


def _members(tree: Any) -> dict[str, Any] | None:
    """The members by name; `None` for a leaf, and for a list whose members have no names of their own."""
    match tree:
        case Mapping():
            return dict(tree)
        case list():
            return _named(tree)
        case _:
            return None


def _named(members: Sequence[Any]) -> dict[str, Any] | None:
    names = [_name(member) for member in members]
    known = [name for name in names if name is not None]
    return dict(zip(known, members, strict=True)) if len(set(known)) == len(members) else None


def _name(member: Any) -> str | None:
    if not isinstance(member, Mapping):
        return None
    name = next((member[key] for key in _NAMES if isinstance(member.get(key), str)), None)
    return name if name is None or not member.get("step") else f"{name}@{member['step']}"
