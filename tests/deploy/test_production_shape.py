"""The files for production name only what exists: programs, settings, files and metrics."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry
from typer.main import get_command

from connectors.kit.program_settings import load_settings
from control_plane.settings import ControlPlaneSettings
from control_plane.telemetry import Telemetry as ControlPlaneTelemetry
from deploy.cli import app
from deploy.local.jars import KAFKA_VERSION
from stream_workers.settings import WorkerSettings
from stream_workers.shell.telemetry import Telemetry as WorkerTelemetry

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "deploy" / "dashboards" / "patchbay.json"
ALERTS = ROOT / "deploy" / "alerts" / "patchbay.yaml"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SETTINGS = {"control-plane": ControlPlaneSettings, "worker": WorkerSettings, "metrics": WorkerSettings}
PROGRAMS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "patchbay"}
SUFFIXES = ("", "_total", "_bucket", "_sum", "_count", "_info")


def filled(text):
    """What Docker makes of `${NAME:-default}` and `${NAME:?message}`, with a value for each demanded name."""
    values = {"PATCHBAY_ACCESS__FIRST_ADMIN_KEY": "pbk_first_" + "a" * 32}
    return re.sub(
        r"\$\{(\w+):([-?])([^}]*)\}", lambda m: values.get(m[1], m[3] if m[2] == "-" else "chosen"), str(text)
    )


def known_metrics():
    control_plane = ControlPlaneTelemetry()
    registries = (WorkerTelemetry(CollectorRegistry(), "0").registry, control_plane.registry)
    names = {family.name for registry in registries for family in registry.collect()}
    return {name + suffix for name in names for suffix in SUFFIXES}


def metrics_in(text):
    return set(re.findall(r"\bpatchbay_[a-z_]+", text))


def test_compose_runs_every_program():
    assert [service["command"] for service in PROGRAMS.values()] == [
        ["topics", "apply"],
        ["control-plane"],
        ["worker"],
        ["metrics"],
    ]
    assert {service["command"][0] for service in PROGRAMS.values()} <= set(get_command(app).commands)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_variables_of_each_program_are_settings_that_it_accepts(name, monkeypatch):
    environment = {key: filled(value) for key, value in PROGRAMS[name]["environment"].items()}
    for key, value in environment.items():
        section, _, field = key.removeprefix("PATCHBAY_").lower().partition("__")
        model = SETTINGS[name].model_fields[section].annotation
        assert field in model.model_fields, f"{key} is no setting of {name}"
        monkeypatch.setenv(key, value)

    assert load_settings(SETTINGS[name]).kafka.bootstrap_servers == "kafka:9092"


def test_production_runs_the_kafka_that_the_tests_run():
    assert COMPOSE["services"]["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


def test_every_file_that_compose_names_exists():
    builds = [service["build"]["dockerfile"] for service in PROGRAMS.values()]
    mounts = [
        mount.partition(":")[0]
        for service in COMPOSE["services"].values()
        for mount in service.get("volumes", [])
        if mount.startswith("./")
    ]

    assert builds
    assert mounts
    assert [path for path in (*builds, *mounts) if not (ROOT / path).exists()] == []


def test_every_folder_that_the_image_copies_exists_and_reaches_the_build():
    copied = [
        source
        for line in (ROOT / "deploy" / "images" / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert {source.partition("/")[0] for source in copied} <= let_through


def test_ports_are_published_on_loopback_only():
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_prometheus_asks_the_ports_where_the_programs_answer():
    scraped = yaml.safe_load((ROOT / "deploy" / "dashboards" / "prometheus.yaml").read_text())["scrape_configs"]
    jobs = {job["job_name"]: job for job in scraped}

    assert jobs["patchbay-worker"]["dns_sd_configs"][0] == {
        "names": ["worker"],
        "type": "A",
        "port": PROGRAMS["worker"]["environment"]["PATCHBAY_PROBES__PORT"],
    }
    assert jobs["patchbay-metrics"]["static_configs"][0]["targets"] == [
        f"metrics:{PROGRAMS['metrics']['environment']['PATCHBAY_PROBES__PORT']}"
    ]
    assert jobs["patchbay-control-plane"]["static_configs"][0]["targets"] == [
        f"control-plane:{PROGRAMS['control-plane']['environment']['PATCHBAY_HTTP__PORT']}"
    ]


@pytest.mark.parametrize("file", [DASHBOARD, ALERTS], ids=["dashboard", "alerts"])
def test_every_metric_named_is_one_that_a_program_has(file):
    named = metrics_in(file.read_text())

    assert len(named) > 5
    assert named - known_metrics() == set()


def test_the_dashboard_shows_every_metric_of_the_worker_that_counts_deliveries():
    dashboard = json.loads(DASHBOARD.read_text())

    assert dashboard["uid"] == "patchbay"
    assert {"patchbay_deliveries_total", "patchbay_lag_records", "patchbay_pending_rows"} <= metrics_in(
        json.dumps(dashboard["panels"])
    )
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == ["connector", "action"]


def test_every_alert_says_what_it_means_and_what_to_do():
    rules = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]

    assert rules
    for rule in rules:
        assert rule["annotations"].keys() == {"summary", "action"}
        assert rule["labels"]["severity"] in {"warning", "critical"}


def test_locks_hold_hashes_and_no_addresses():
    for lock in (ROOT / "deploy" / "locks").glob("*.txt"):
        assert "--hash=sha256:" in lock.read_text()
        assert "://" not in lock.read_text()
    assert "://" not in (ROOT / "deploy" / "local" / "kafka.lock").read_text()


def test_the_wheel_holds_all_that_runs(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())

    assert {
        "deploy/cli.py",
        "deploy/local/kafka.lock",
        "deploy/local/log4j2.properties",
        "connectors/cases/webhook/cases/joined.json",
        "control_plane/database/migrations/env.py",
    } <= names
