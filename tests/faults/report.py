"""What a fault test says: its figures, each with the bound it must keep."""

from dataclasses import dataclass, field
from typing import TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Size:
    """`full` is what the published figures come from; `small` proves the same in seconds."""

    full: bool

    def pick(self, small: Value, full: Value) -> Value:
        """The value for this size."""
        return full if self.full else small

    def seconds(self, promised: float) -> float:
        """The bound of a time: what is promised, or ten times that where other tests want the machine as well."""
        return self.pick(10 * promised, promised)

    @property
    def name(self) -> str:
        """As on the command line."""
        return "full" if self.full else "small"


SMALL, FULL = Size(False), Size(True)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its bound."""

    what: str
    measured: str
    bound: str
    holds: bool


@dataclass
class Report:
    """The figures of one run."""

    figures: list[Figure] = field(default_factory=list)

    def none(self, what: str, found: object) -> None:
        """Nothing of the kind may have been found; `found` is a number or a collection."""
        count = found if isinstance(found, int) else len(found)
        self.figures.append(Figure(what, str(count), "0", count == 0))

    def at_most(self, what: str, measured: float, bound: float, unit: str = "") -> None:
        """The figure may not be above the bound."""
        self.figures.append(Figure(what, _shown(measured, unit), f"<= {_shown(bound, unit)}", measured <= bound))

    def at_least(self, what: str, measured: float, bound: float, unit: str = "") -> None:
        """The figure may not be below the bound."""
        self.figures.append(Figure(what, _shown(measured, unit), f">= {_shown(bound, unit)}", measured >= bound))

    def equal(self, what: str, measured: object, wanted: object) -> None:
        """Both must be the same."""
        self.figures.append(Figure(what, str(measured), f"= {wanted}", measured == wanted))

    def note(self, what: str, measured: object) -> None:
        """A figure without a bound."""
        self.figures.append(Figure(what, str(measured), "", True))

    @property
    def holds(self) -> bool:
        """True when every figure keeps its bound."""
        return all(figure.holds for figure in self.figures)

    def broken(self) -> list[Figure]:
        """The figures that do not."""
        return [figure for figure in self.figures if not figure.holds]


def _shown(value: float, unit: str) -> str:
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return f"{text} {unit}".rstrip()
