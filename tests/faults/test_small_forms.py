"""Each fault test in a form of seconds, with real processes and a real broker; `make faults` runs the full size."""

from pathlib import Path

import pytest

from tests.faults.catalogue import FAULT_TESTS, FaultTest
from tests.faults.report import SMALL
from tests.faults.scene import Place
from tests.support.kafka import RunningKafka

HERE = [test for test in FAULT_TESTS if not test.elsewhere]


@pytest.mark.faults
@pytest.mark.parametrize("fault", HERE, ids=lambda fault: f"{fault.number} {fault.title}")
def test_every_figure_keeps_its_bound(fault: FaultTest, kafka: RunningKafka, tmp_path: Path) -> None:
    report = fault.run(Place(kafka.bootstrap_servers, tmp_path), SMALL)
    assert report.figures
    assert report.broken() == []


def test_all_22_are_there() -> None:
    numbers = [test.number for test in FAULT_TESTS]
    assert numbers == [f"T{number}" for number in range(1, 23)]


def test_suites_that_hold_a_fault_test_exist() -> None:
    for test in FAULT_TESTS:
        if test.elsewhere:
            paths = [cell.cell_contents for cell in test.run.__closure__ or ()]
            assert all(Path(path).exists() for path in paths[0])
