"""The 22 tests: what each proves, and what runs it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults import (
    t01_worker_killed,
    t02_gap_commit,
    t03_broker_restarts,
    t04_hanging_partner,
    t06_throttled,
    t07_server_errors,
    t09_network,
    t11_poison,
    t12_order,
    t13_rebalances,
    t14_database_down,
    t15_deactivation,
    t16_control_plane,
    t16_secrets,
    t20_soak,
    t21_cut_off,
    t21_zombie,
)
from tests.faults.report import Report, Size
from tests.faults.scene import Place
from tests.faults.suites import run_suites


@dataclass(frozen=True, slots=True)
class FaultTest:
    """One of the 22. `elsewhere` is true when other suites hold it, which `make test` runs anyway."""

    number: str
    title: str
    run: Callable[[Place, Size], Report]
    elsewhere: bool = False


def _suites(number: str, title: str, *paths: str) -> FaultTest:
    def run(_place: Place, _size: Size) -> Report:
        report = Report()
        run_suites(report, *paths)
        return report

    return FaultTest(number, title, run, elsewhere=True)


def _several(*runs: Callable[[Place, Size], Report]) -> Callable[[Place, Size], Report]:
    """One test in several parts, with the figures of all of them."""

    def run(place: Place, size: Size) -> Report:
        return Report([figure for one in runs for figure in one(place, size).figures])

    return run


def _at_full_size(*paths: str) -> Callable[[Place, Size], Report]:
    """Suites that `make test` runs anyway are a part of the full size only."""

    def run(_place: Place, size: Size) -> Report:
        report = Report()
        if size.full:
            run_suites(report, *paths)
        return report

    return run


HTTP, PLANE = "tests/stream_workers/http", "tests/control_plane"
FAULT_TESTS = (
    FaultTest("T1", "a worker is killed in mid-batch", t01_worker_killed.run),
    FaultTest("T2", "refusals among deliveries, and a kill", t02_gap_commit.run),
    FaultTest("T3", "the broker is killed and restarted", t03_broker_restarts.run),
    FaultTest("T4", "one partner of ten hangs", t04_hanging_partner.run),
    _suites("T5", "slow-loris partners", f"{HTTP}/test_deadlines.py"),
    FaultTest("T6", "429 with Retry-After", t06_throttled.run),
    FaultTest("T7", "a storm of server errors", t07_server_errors.run),
    _suites("T8", "hostile replies", f"{HTTP}/test_hostile_answers.py", f"{HTTP}/test_odd_answers.py"),
    FaultTest(
        "T9",
        "TLS, DNS and connection failures",
        _several(t09_network.run, _at_full_size(f"{HTTP}/test_tls.py", f"{HTTP}/test_resolving.py")),
    ),
    _suites(
        "T10",
        "addresses that may not be called",
        f"{HTTP}/test_address_guard.py",
        "tests/connectors/kit/test_address.py",
    ),
    FaultTest("T11", "poison records", t11_poison.run),
    FaultTest("T12", "order under shuffling, duplicates, retries", t12_order.run),
    FaultTest("T13", "workers come and go", t13_rebalances.run),
    FaultTest("T14", "the database is away", t14_database_down.run),
    FaultTest("T15", "deactivation", t15_deactivation.run),
    FaultTest("T16", "secrets stay sealed", _several(t16_secrets.run, t16_control_plane.run)),
    _suites(
        "T17",
        "mappings that attack",
        "tests/connectors/kit/test_mapping.py",
        "tests/connectors/kit/test_mapping_bounds.py",
    ),
    _suites("T18", "who may call what", f"{PLANE}/test_access.py", f"{PLANE}/test_openapi.py"),
    _suites("T19", "exports that attack spreadsheets", f"{PLANE}/error_group", f"{PLANE}/delivery"),
    FaultTest("T20", "overload and soak", t20_soak.run),
    FaultTest("T21", "a worker is frozen, or cut off, and comes back", _several(t21_zombie.run, t21_cut_off.run)),
    _suites("T22", "the newest change wins, in every corner", "tests/stream_workers/engine"),
)
