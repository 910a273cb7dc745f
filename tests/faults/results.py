"""Results of fault tests on disk, so that a long run goes on where it was stopped."""

import json
from dataclasses import asdict
from pathlib import Path

from tests.faults.report import Figure, Report, Size


class Results:
    """One JSON file per test and size below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, number: str, size: Size) -> Report | None:
        """The kept report of a test that passed; one that failed is run again."""
        path = self._path(number, size)
        if not path.exists():
            return None
        report = Report([Figure(**figure) for figure in json.loads(path.read_text())["figures"]])
        return report if report.holds else None

    def keep(self, number: str, size: Size, report: Report, seconds: float) -> None:
        """Write the report down."""
        self._folder.mkdir(parents=True, exist_ok=True)
        content = {"test": number, "size": size.name, "seconds": round(seconds, 1), "holds": report.holds}
        content["figures"] = [asdict(figure) for figure in report.figures]
        self._path(number, size).write_text(json.dumps(content, indent=2) + "\n")

    def _path(self, number: str, size: Size) -> Path:
        return self._folder / f"{number}-{size.name}.json"
