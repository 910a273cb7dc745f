"""Rules and recorded cases of connector types, as a report that can be read."""

from dataclasses import dataclass
from time import perf_counter

from connectors.catalog import find_cases, load_catalog
from connectors.kit.cases import load_cases
from connectors.kit.declaration import ConnectorType
from connectors.kit.errors import InvalidSettings
from connectors.kit.rules import broken_rules
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
        problems = broken_rules(type_, cases)
    except InvalidSettings as error:
        cases, problems = [], [error.detail]
    return Report(type_.key, len(cases), perf_counter() - started_at, tuple(problems))


def _indented(problem: str) -> str:
    return problem.replace("\n", "\n    ")
