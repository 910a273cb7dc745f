"""Liquid within bounds: no file access, no clock, strict about what is missing, and a budget of work per event.

python-liquid bounds loops, output and names one by one; their product, and the work of filters on long text, it does
not. One budget of steps, charged for every look-up, filter, loop pass and character, bounds the whole rendering.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TextIO

from liquid import Environment
from liquid.ast import BlockNode, Node
from liquid.builtin import content, illegal, output
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    unless_tag,
)
from liquid.context import RenderContext
from liquid.exceptions import (
    LiquidError,
    LiquidInterrupt,
    LiquidSyntaxError,
    LocalNamespaceLimitError,
    UndefinedError,
    UnknownFilterError,
)
from liquid.output import LimitedStringIO
from liquid.stream import TokenStream
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EXPRESSION, Token
from liquid.undefined import UNDEFINED, FalsyStrictUndefined, Undefined
from liquid.utils import ReadOnlyChainMap

from connectors.kit.budget import CHARACTERS_PER_STEP, MAX_OUTPUT, Budget, BudgetSpent
from connectors.kit.filters import FILTERS, MISSING, FilterRefused, as_text

MAX_SOURCE = 64 * 1024
MAX_EXPRESSION = 4096
MAX_SHARED, SHARED = 256, 8192
"""Templates of at most this length are kept parsed, this many of them."""
MAX_BRACKETS = 64
MAX_BLANKS = 256
MAX_VERBATIM_BLOCKS = 50

_BLANKS = re.compile(rf"\s{{{MAX_BLANKS + 1}}}")
_VERBATIM = re.compile(r"\{%-?\s*(?:raw|doc)\b")


class MeteredContext(RenderContext):
    """Names as the template sees them: its own and the event's, no clock; everything it does is charged."""

    __slots__ = ("budget", "names_size")

    def __init__(self, template: BoundTemplate, *, names: Mapping[str, object], budget: Budget) -> None:
        super().__init__(template, globals=names)
        self.scope = ReadOnlyChainMap(self.locals, self.globals)
        self.budget = budget
        self.names_size = 0

    def assign(self, key: str, val: Any) -> None:
        self.names_size += _size_of(val) - _size_of(self.locals.get(key))
        if self.names_size > (self.env.local_namespace_limit or 0):
            raise LocalNamespaceLimitError("it keeps too much text in names", token=None)
        self.locals[key] = val

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        value = super().get(path, token=token, default=default)
        self.budget.measure(value)
        return value

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        try:
            chosen = FILTERS[name]
        except KeyError:
            raise UnknownFilterError(f"there is no function `{name}`", token=token) from None

        def call(value: object, *arguments: object, **named: object) -> object:
            self.budget.measure(value)
            self.budget.work(chosen.steps + sum(map(_weight, arguments)))
            result = chosen.call(
                _present(value, name),
                *(_present(argument, name) for argument in arguments),
                **{key: _present(argument, name) for key, argument in named.items()},
            )
            return self.env.undefined("default", hint="the fallback", token=token) if result is MISSING else result

        return call


def _size_of(value: object) -> int:
    if isinstance(value, list):
        return sum(map(sys.getsizeof, value)) + sys.getsizeof(value)
    return sys.getsizeof(value)


def _weight(argument: object) -> int:
    return len(argument) // CHARACTERS_PER_STEP if isinstance(argument, (str, list)) else 0


def _present(value: object, filter_name: str) -> object:
    if not isinstance(value, Undefined):
        return value
    if filter_name == "default":
        return MISSING
    raise UndefinedError(value.hint or "a value is missing", token=value.token)


class _Output(output.OutputNode):
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(as_text(_present(self.expression.evaluate(context), "")))


class _OutputTag(output.Output):
    node_class = _Output


class _LoopBody(BlockNode):
    __slots__ = ("steps",)

    def __init__(self, block: BlockNode, steps: int) -> None:
        super().__init__(block.token, block.nodes)
        self.steps = steps

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        context.budget.work(self.steps)  # type: ignore[attr-defined]  # every context here is metered
        return super().render_to_output(context, buffer)


class _ForTag(for_tag.ForTag):
    def parse(self, stream: TokenStream) -> Node:
        start = stream.current.start_index
        node = super().parse(stream)
        node.block = _LoopBody(node.block, 1 + (stream.current.start_index - start) // 8)  # type: ignore[attr-defined]  # a loop has one
        return node


class _Liquid(Environment):
    context_depth_limit = 30
    loop_iteration_limit = 20_000
    local_namespace_limit = 4 * MAX_OUTPUT
    output_stream_limit = MAX_OUTPUT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:  # its signature is liquid's
        for tag in (
            *(content.Literal, illegal.Illegal, _OutputTag, _ForTag, for_tag.BreakTag, for_tag.ContinueTag),
            *(if_tag.IfTag, unless_tag.UnlessTag, case_tag.CaseTag, assign_tag.AssignTag, capture_tag.CaptureTag),
            *(comment_tag.CommentTag, inline_comment_tag.InlineCommentTag),
        ):
            self.add_tag(tag)
        self.filters = {name: filter_.call for name, filter_ in FILTERS.items()}

    def tokenizer(self) -> Callable[[str], Iterator[Token]]:
        tokens = super().tokenizer()

        def bounded(source: str) -> Iterator[Token]:
            for token in tokens(source):
                if token.kind == TOKEN_EXPRESSION and len(token.value) > MAX_EXPRESSION:
                    raise LiquidSyntaxError(f"an expression may have at most {MAX_EXPRESSION} characters", token=token)
                if token.kind == TOKEN_EXPRESSION and token.value.count("[") > MAX_BRACKETS:
                    raise LiquidSyntaxError(f"an expression may have at most {MAX_BRACKETS} brackets", token=token)
                yield token

        return bounded


_LIQUID = _Liquid(undefined=FalsyStrictUndefined)

RENDER_ERRORS = (
    BudgetSpent,
    FilterRefused,
    LiquidError,
    LiquidInterrupt,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What can come out of a template on data that it was not written for."""


def parse(source: str) -> BoundTemplate:
    """The parsed template; raises `LiquidError` with the token that is wrong.

    Short sources stand in many actions: `{{ profile.id }}` is parsed once, whatever the size of the configuration.
    """
    return _parse_shared(source) if len(source) <= MAX_SHARED else _parse(source)


@lru_cache(maxsize=SHARED)
def _parse_shared(source: str) -> BoundTemplate:
    return _parse(source)


def _parse(source: str) -> BoundTemplate:
    """Raises `LiquidError`.

    The first four checks keep Liquid's lexer, whose patterns backtrack, from taking seconds over a hostile source.
    """
    for broken, sentence in (
        (len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE, f"a template may have at most {MAX_SOURCE} bytes"),
        (source.rfind("{{") > source.rfind("}}"), "`{{` is not closed by `}}`"),
        (source.rfind("{%") > source.rfind("%}"), "`{%` is not closed by `%}`"),
        (_BLANKS.search(source), f"more than {MAX_BLANKS} blanks in a row"),
        (len(_VERBATIM.findall(source)) > MAX_VERBATIM_BLOCKS, f"more than {MAX_VERBATIM_BLOCKS} raw blocks"),
    ):
        if broken:
            raise LiquidSyntaxError(sentence, token=None)
    return _LIQUID.from_string(source)


def render(template: BoundTemplate, names: Mapping[str, object], budget: Budget, weight: int) -> str:
    """The text of a template; raises one of `RENDER_ERRORS`. `weight` is the length of its source."""
    budget.work(weight // 8)
    context = MeteredContext(template, names=names, budget=budget)
    buffer = LimitedStringIO(limit=max(budget.bytes_left, 0))
    for node in template.nodes:
        node.render(context, buffer)
    budget.emit(buffer.size)
    return buffer.getvalue()


def evaluate(template: BoundTemplate, expression: Any, names: Mapping[str, object], budget: Budget) -> Any:
    """The value of one expression, with its type; `MISSING` when its path leads nowhere."""
    value = expression.evaluate(MeteredContext(template, names=names, budget=budget))
    return MISSING if isinstance(value, Undefined) else value
