"""`python -m tests.faults`: runs the fault tests one after the other and prints a table of their figures."""

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.faults.catalogue import FAULT_TESTS, FaultTest
from tests.faults.report import FULL, SMALL, Figure, Report, Size
from tests.faults.results import Results
from tests.faults.scene import Place
from tests.support.kafka import embedded_kafka


def main() -> int:
    """Exit code 0 when every figure keeps its bound."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", help="for example T4, or T1,T2")
    parser.add_argument("--size", choices=("full", "small"), default="full")
    parser.add_argument("--again", action="store_true", help="run tests whose result is kept, too")
    parser.add_argument("--results", type=Path, default=Path("faults-results"))
    options = parser.parse_args()
    size = FULL if options.size == "full" else SMALL
    wanted = {name.strip().upper() for name in options.only.split(",") if name.strip()}
    unknown = wanted - {test.number for test in FAULT_TESTS}
    if unknown:
        parser.error(f"no such test: {', '.join(sorted(unknown))}")
    tests = [test for test in FAULT_TESTS if not wanted or test.number in wanted]
    results = Results(options.results)
    kept = {} if options.again else {test.number: results.find(test.number, size) for test in tests}
    table = _table()
    holds = True
    with tempfile.TemporaryDirectory(prefix="patchbay-faults-") as folder:
        for test in tests:
            report = kept.get(test.number) or _run(test, size, Path(folder), results)
            holds = holds and report.holds
            _add(table, test, report)
    Console().print(table)
    return 0 if holds else 1


def _run(test: FaultTest, size: Size, folder: Path, results: Results) -> Report:
    """A broker of its own for each test, so that no test inherits another one's data."""
    console = Console(stderr=True)
    console.print(f"{test.number}: {test.title} …")
    began = time.monotonic()
    try:
        with embedded_kafka(folder / f"{test.number}-kafka") as broker:
            report = test.run(Place(broker.bootstrap_servers, folder), size)
    except Exception as error:  # noqa: BLE001  # the edge: a test that breaks is a result, and the others still run
        console.print(traceback.format_exc())
        report = Report([Figure("the test itself", f"{type(error).__name__}: {error}"[:300], "runs to its end", False)])
    seconds = time.monotonic() - began
    results.keep(test.number, size, report, seconds)
    console.print(f"{test.number}: {'holds' if report.holds else 'BROKEN'} ({seconds:.0f} s)")
    return report


def _table() -> Table:
    table = Table("test", "figure", "bound", "measured", "", title="Fault tests")
    table.columns[3].justify = "right"
    return table


def _add(table: Table, test: FaultTest, report: Report) -> None:
    for index, figure in enumerate(report.figures):
        name = f"{test.number} {test.title}" if index == 0 else ""
        mark = "" if not figure.bound else "ok" if figure.holds else "BROKEN"
        table.add_row(name, figure.what, figure.bound, figure.measured, mark)
    table.add_section()


if __name__ == "__main__":
    sys.exit(main())
