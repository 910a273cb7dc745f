"""What is wrong with a mapping, for its author: the leaf, the line and column, and a sentence."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, KeywordArgument
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.template import BoundTemplate

from connectors.kit import templates
from connectors.kit.event_data import path_problem
from connectors.kit.filters import FILTERS

MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """One thing to repair: `pointer` names the leaf (JSON Pointer), line and column count from 1 within its text."""

    pointer: str
    line: int
    column: int
    message: str


def check_mapping(tree: Any, settings: Iterable[str] | None = None) -> list[MappingProblem]:
    """Every problem of a mapping, in reading order; `settings` are the names it may read, when they are known."""
    too_large = _size_problem(tree)
    if too_large is not None:
        return [too_large]
    known = None if settings is None else frozenset(settings)
    return [problem for pointer, leaf in _leaves(tree, "") for problem in _leaf_problems(pointer, leaf, known)]


def has_liquid(text: str) -> bool:
    """True for text that must be rendered; any other text stands for itself."""
    return "{{" in text or "{%" in text


def child_pointer(pointer: str, key: object) -> str:
    """The JSON Pointer of a member of the value at `pointer`."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _size_problem(tree: Any) -> MappingProblem | None:
    if _depth(tree) > MAX_DEPTH:
        return MappingProblem("", 1, 1, f"it is nested more than {MAX_DEPTH} levels deep")
    try:
        size = len(msgspec.json.encode(tree))
    except (TypeError, ValueError, OverflowError):
        return MappingProblem("", 1, 1, "it is no JSON")
    if size > templates.MAX_SOURCE:
        return MappingProblem("", 1, 1, f"it has {size} bytes; a mapping may have at most {templates.MAX_SOURCE}")
    return None


def _depth(tree: Any) -> int:
    depth, level = 0, [tree]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for node in level if isinstance(node, (dict, list)) for child in _children(node)]
    return depth


def _children(node: Any) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node


def _leaves(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    match node:
        case str() if has_liquid(node):
            yield pointer, node
        case dict():
            for key, child in node.items():
                yield from _leaves(child, child_pointer(pointer, key))
        case list():
            for index, child in enumerate(node):
                yield from _leaves(child, child_pointer(pointer, index))


def _leaf_problems(pointer: str, source: str, settings: frozenset[str] | None) -> list[MappingProblem]:
    find = _problems_in if len(source) <= templates.MAX_SHARED else _problems_in.__wrapped__
    return [MappingProblem(pointer, *_line_and_column(source, at), message) for at, message in find(source, settings)]


@lru_cache(maxsize=templates.SHARED)
def _problems_in(source: str, settings: frozenset[str] | None) -> tuple[tuple[int, str], ...]:
    try:
        return tuple(sorted(_template_problems(templates.parse(source), settings)))
    except LiquidError as error:
        return ((_start_of(error), str(error.message or "this is no Liquid")),)
    except RecursionError:
        return ((0, "its expressions are nested too deep"),)


def _start_of(error: LiquidError) -> int:
    return max(error.token.start_index, 0) if error.token else 0


def _line_and_column(source: str, index: int) -> tuple[int, int]:
    before = source[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def _template_problems(template: BoundTemplate, settings: frozenset[str] | None) -> Iterator[tuple[int, str]]:
    for variables in template.analyze().globals.values():
        for variable in variables:
            problem = path_problem(tuple(variable.segments), settings)
            if problem:
                yield variable.span.index, problem
    for expression in _expressions(template.nodes):
        yield from _expression_problems(expression)


def _expressions(nodes: Iterable[Node]) -> Iterator[Expression]:
    for node in nodes:
        stack = list(node.expressions())
        while stack:
            expression = stack.pop()
            yield expression
            stack.extend(expression.children())
        yield from _expressions(node.children(None))  # type: ignore[arg-type]  # only include and render look at it


def _expression_problems(expression: Expression) -> Iterator[tuple[int, str]]:
    if isinstance(expression, RangeLiteral):
        yield expression.token.start_index, "ranges such as (1..5) are not supported; loop over a list"
    if not isinstance(expression, FilteredExpression):
        return
    for used in expression.filters or ():
        known = FILTERS.get(used.name)
        if known is None:
            yield used.token.start_index, f"there is no function `{used.name}`"
            continue
        named = tuple(argument.name for argument in used.args if isinstance(argument, KeywordArgument))
        misuse = known.misuse(len(used.args) - len(named), named)
        if misuse:
            yield used.token.start_index, misuse
