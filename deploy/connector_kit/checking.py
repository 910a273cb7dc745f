"""Rules and recorded cases of connector types, as a report that can be read."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from connectors.catalog import find_cases, load_catalog
from connectors.kit.cases import Case, load_cases
from connectors.kit.declaration import ConnectorType
from connectors.kit.errors import InvalidSettings
from connectors.kit.rules import RULES, Rule
from deploy.errors import CannotRun


@dataclass(frozen=True, slots=True)
class Report:
    """What a connector type has to repair; nothing when it is whole."""

    key: str
    cases: int
    seconds: float
    problems: tuple[str, ...]

    def __str__(self) -> str:
        heading = f"{self.key}: {self.cases} cases, {self.seconds:.2f} s"
        if not self.problems:
            return f"{heading}, all well"
        listed = "\n".join(f"  - {_indented(problem)}" for problem in self.problems)
        return f"{heading}, {len(self.problems)} to repair\n{listed}"


def check_types(name: str | None) -> list[Report]:
    """A report for the connector type, or for each; raises `CannotRun` for one that is not installed."""
    types = [type_ for type_ in load_catalog() if name in (None, type_.key)]
    if not types:
        raise CannotRun(f"There is no connector type {name!r}; `patchbay connectors new {name}` makes one.")
    return [_check(type_) for type_ in types]


def _check(type_: ConnectorType) -> Report:
    started_at = perf_counter()
    try:
        cases = load_cases(find_cases(type_.key))
    except InvalidSettings as error:
        return Report(type_.key, 0, perf_counter() - started_at, (error.detail,))
    problems = tuple(problem for rule in RULES for problem in _problems(rule, type_, cases))
    return Report(type_.key, len(cases), perf_counter() - started_at, problems)


def _problems(rule: Rule, type_: ConnectorType, cases: Sequence[Case]) -> list[str]:
    try:
        return [f"{rule.__name__}: {problem}" for problem in rule(type_, cases)]
    except Exception as error:  # noqa: BLE001  # a connector type that is being written may raise anything
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        return [f"{rule.__name__}: {type(error).__name__} in {where}: {error}"]


def _indented(problem: str) -> str:
    return problem.replace("\n", "\n    ")
