"""Mappings: JSON trees whose string leaves may hold Liquid, compiled once and rendered for each event.

A leaf that is one `{{ … }}` keeps the type of its value: a bare path costs a look-up, and functions are plain calls.
Any other leaf with Liquid in it is a template and gives text. A path that leads nowhere is an error, unless
`| default: …` follows (`| default: nil` gives null). Identifiers, `event.id` and `source.step` that are null count as
missing; a null attribute or property is null. Keys are constant, and so is every leaf without Liquid.
"""

import sys
from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import Filter as FilterUse
from liquid.builtin.expressions import FilteredExpression, KeywordArgument, Nil, Path
from liquid.builtin.expressions.primitive import Literal
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError, UndefinedError
from liquid.expression import Expression
from liquid.template import BoundTemplate

from connectors.kit import templates
from connectors.kit.declaration import ActionType, SettingsModel
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.event_data import ATTRIBUTES, Rendering, reader
from connectors.kit.filters import FILTERS, MISSING, as_text
from connectors.kit.mapping_check import MappingProblem, check_mapping, child_pointer, has_liquid
from connectors.kit.templates import RENDER_ERRORS
from connectors.records.profile_event import ProfileEvent

__all__ = ["Mapping", "MappingProblem", "check_mapping", "compile_action_mapping", "compile_mapping", "editor_data"]

Render = Callable[[Rendering], Any]
Call = Callable[[Any, Rendering], Any]
EMPTY: Final[tuple[Any, ...]] = (None, "", {}, [])
SHORT_TEXT: Final = 512
"""Shorter values are not worth charging: a mapping of 64 KiB cannot name enough of them."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A compiled mapping. What is constant in it is shared by all renderings: do not change what `render` gives."""

    _render: Render | None
    _constant: Any
    _required: tuple[str, ...] = ()
    kind: str | None = None
    """The same for mappings that give the same for an event, whatever the connector; `None` where settings are read."""

    def render(self, event: ProfileEvent, settings: dict[str, Any]) -> Any:
        """The tree with its leaves filled from the event and the visible settings; raises `CannotRender`."""
        rendered = self._constant if self._render is None else self._render(Rendering(event, settings))
        for name in self._required:
            if rendered[name] in EMPTY:
                raise CannotRender(f"The field {name!r} is required, and its mapping gives nothing for this event.")
        return rendered


def compile_mapping(tree: Any, settings: Iterable[str] | None = None) -> Mapping:
    """Compile a JSON tree; raises `InvalidSettings` that holds the first problem of `check_mapping`."""
    problems = check_mapping(tree, settings)
    if problems:
        first = problems[0]
        raise InvalidSettings(
            f"Mapping{_at(first.pointer)}, line {first.line}, column {first.column}: {first.message}."
        )
    return Mapping(_compile(tree, ""), tree)


def compile_action_mapping(
    action: ActionType, overrides: MappingOf[str, Any], settings: type[SettingsModel] | None = None
) -> Mapping:
    """The mapping of an action's per-event fields: its defaults, with the admin's overrides; gives a dict by field.

    Raises `InvalidSettings` for an override of a field that the action has not.
    """
    tree = action.fields.mapped_fields()
    unknown = sorted(set(overrides) - set(tree))
    if unknown:
        raise InvalidSettings(f"The action {action.key!r} has no field {unknown[0]!r} to map.")
    compiled = compile_mapping({**tree, **overrides}, None if settings is None else settings.visible_fields())
    required = action.fields.required_fields()
    return replace(compiled, _required=required, kind=_kind_of({**tree, **overrides}, required))


def _kind_of(tree: dict[str, Any], required: tuple[str, ...]) -> str | None:
    text = msgspec.json.encode((tree, required)).decode()
    return None if "settings" in text else sys.intern(text)


def editor_data() -> dict[str, Any]:
    """What an editor can offer: the attributes that paths start with, and the functions with their signatures."""
    return {
        "attributes": [
            {"path": attribute.path, "description": attribute.description, "open": attribute.open}
            for attribute in ATTRIBUTES
        ],
        "functions": [
            {"name": filter_.name, "signature": filter_.signature, "description": filter_.description}
            for filter_ in FILTERS.values()
        ],
    }


def _compile(node: Any, pointer: str) -> Render | None:
    match node:
        case str() if has_liquid(node):
            return _leaf(templates.parse(node), pointer, len(node))
        case dict():
            return _object(node, pointer)
        case list():
            return _array(node, pointer)
        case _:
            return None


def _object(node: dict[str, Any], pointer: str) -> Render | None:
    compiled = [(key, _compile(child, child_pointer(pointer, key))) for key, child in node.items()]
    filled = tuple((key, render) for key, render in compiled if render is not None)
    if not filled:
        return None

    def render_object(rendering: Rendering) -> dict[str, Any]:
        result = node.copy()
        for key, render in filled:
            result[key] = render(rendering)
        return result

    return render_object


def _array(node: list[Any], pointer: str) -> Render | None:
    compiled = [_compile(child, child_pointer(pointer, index)) for index, child in enumerate(node)]
    filled = tuple((index, render) for index, render in enumerate(compiled) if render is not None)
    if not filled:
        return None

    def render_array(rendering: Rendering) -> list[Any]:
        result = node.copy()
        for index, render in filled:
            result[index] = render(rendering)
        return result

    return render_array


def _leaf(template: BoundTemplate, pointer: str, length: int) -> Render:
    match template.nodes:
        case [OutputNode(expression=FilteredExpression() as expression)]:
            return _expression_leaf(template, expression, pointer)
        case _:
            return _text_leaf(template, pointer, length)


def _text_leaf(template: BoundTemplate, pointer: str, length: int) -> Render:
    parts = tuple(_text_part(node, pointer) for node in template.nodes)
    if None not in parts:
        return _joined_leaf(tuple(part for part in parts if part is not None), pointer, length)

    def render_text(rendering: Rendering) -> str:
        try:
            return templates.render(template, rendering.names(), rendering, length)
        except RENDER_ERRORS as error:
            raise _cannot_render(pointer, error) from error

    return render_text


def _text_part(node: Node, pointer: str) -> Render | str | None:
    """Text, or a plain `{{ … }}` as a function; `None` for what only Liquid can render."""
    match node:
        case ContentNode():
            return node.text
        case OutputNode(expression=FilteredExpression() as expression):
            return _plain_leaf(expression, pointer)
        case _:
            return None


def _joined_leaf(parts: tuple[Render | str, ...], pointer: str, length: int) -> Render:
    def render_joined(rendering: Rendering) -> str:
        try:
            rendering.require_fitting()
            rendering.work(length // 8)
            bytes_left = rendering.bytes_left
            text = "".join([part if type(part) is str else as_text(part(rendering)) for part in parts])  # type: ignore[operator]  # quicker than isinstance
            rendering.bytes_left = bytes_left  # what the parts were charged for is charged once, as a whole
            rendering.emit(len(text))
        except RENDER_ERRORS as error:
            raise _cannot_render(pointer, error) from error
        return text

    return render_joined


def _expression_leaf(template: BoundTemplate, expression: FilteredExpression, pointer: str) -> Render:
    return _plain_leaf(expression, pointer) or _evaluated_leaf(template, expression, pointer, str(expression.left))


def _plain_leaf(expression: FilteredExpression, pointer: str) -> Render | None:
    """Look-ups and calls without Liquid; `None` where Liquid must evaluate."""
    look = _operand(expression.left)
    calls = tuple(_call(used) for used in expression.filters or ())
    path = str(expression.left)
    if look is None or None in calls:
        return None
    if not calls:
        return _path_leaf(look, pointer, path)
    takes_missing = [used.name == "default" for used in expression.filters or ()]
    return _call_leaf(
        look, tuple((call, takes) for call, takes in zip(calls, takes_missing, strict=True) if call), pointer, path
    )


def _path_leaf(look: Render, pointer: str, path: str) -> Render:
    def render_path(rendering: Rendering) -> Any:
        try:
            value = look(rendering)
            if value is MISSING:
                raise _missing(pointer, path)
            if type(value) is str and len(value) < SHORT_TEXT:
                return value
            return rendering.carry(value)
        except RENDER_ERRORS as error:
            raise _cannot_render(pointer, error) from error

    return render_path


def _call_leaf(look: Render, calls: tuple[tuple[Call, bool], ...], pointer: str, path: str) -> Render:
    def render_calls(rendering: Rendering) -> Any:
        try:
            value = look(rendering)
            for call, takes_missing in calls:
                if value is MISSING and not takes_missing:
                    raise _missing(pointer, path)
                if value is not None and value is not MISSING and (type(value) is not str or len(value) > SHORT_TEXT):
                    rendering.measure(value)
                value = call(value, rendering)
            if value is None or (type(value) is str and len(value) < SHORT_TEXT):
                return value
            if value is MISSING:
                raise _missing(pointer, path)
            return rendering.carry(value)
        except RENDER_ERRORS as error:
            raise _cannot_render(pointer, error) from error

    return render_calls


def _evaluated_leaf(template: BoundTemplate, expression: Expression, pointer: str, path: str) -> Render:
    def render_expression(rendering: Rendering) -> Any:
        try:
            value = templates.evaluate(template, expression, rendering.names(), rendering)
            if value is MISSING:
                raise _missing(pointer, path)
            return rendering.carry(value)
        except RENDER_ERRORS as error:
            raise _cannot_render(pointer, error) from error

    return render_expression


def _operand(expression: Expression) -> Render | None:
    match expression:
        case Path() if all(isinstance(segment, (str, int)) for segment in expression.path):
            return reader(tuple(expression.path))
        case Nil() | Literal():
            value = _literal(expression)
            return lambda _: value
        case _:
            return None


def _literal(expression: Expression) -> Any:
    return expression.value if isinstance(expression, Literal) else None


def _call(used: FilterUse) -> Call | None:
    call, operands = FILTERS[used.name].call, [_operand(argument.value) for argument in used.args]
    if not operands:
        return lambda value, _: call(value)
    if any(operand is None for operand in operands):
        return None
    keys = [str(argument.name) if isinstance(argument, KeywordArgument) else "" for argument in used.args]
    if not any(isinstance(argument.value, Path) for argument in used.args):
        return _constant_call(call, keys, [_literal(argument.value) for argument in used.args])
    return _filled_call(call, keys, [operand for operand in operands if operand], used.name == "default")


def _constant_call(call: Callable[..., Any], keys: list[str], values: list[Any]) -> Call:
    positional, named = _split_arguments(keys, values)
    return lambda value, _: call(value, *positional, **named)


def _filled_call(call: Callable[..., Any], keys: list[str], operands: list[Render], takes_missing: bool) -> Call:
    def call_filled(value: Any, rendering: Rendering) -> Any:
        values = [operand(rendering) for operand in operands]
        for argument in values:
            if argument is MISSING and not takes_missing:
                raise ValueError("an argument of a function is missing")
            rendering.measure(argument)
        positional, named = _split_arguments(keys, values)
        return call(value, *positional, **named)

    return call_filled


def _split_arguments(keys: list[str], values: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    pairs = list(zip(keys, values, strict=True))
    return [value for key, value in pairs if not key], {key: value for key, value in pairs if key}


def _at(pointer: str) -> str:
    return f" at {pointer}" if pointer else ""


def _missing(pointer: str, path: str) -> CannotRender:
    return CannotRender(f"Mapping{_at(pointer)}: `{path}` is missing; add `| default: nil` where it may be.")


def _cannot_render(pointer: str, error: Exception) -> CannotRender:
    if isinstance(error, UndefinedError):
        return _missing(pointer, str(error.message).removesuffix(" is undefined").strip("'"))
    sentence = str(error.message) if isinstance(error, LiquidError) else str(error)
    return CannotRender(f"Mapping{_at(pointer)}: {sentence or type(error).__name__}.")
