"""The command line: help without programs, errors in one message, settings shown without secrets."""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from connectors.kit.sealing import Sealer
from deploy.local.ports import free_port

STATISTICS = {
    "window": "7d",
    "time_zone": "UTC",
    "start": "2026-11-15T00:00:00Z",
    "end": "2026-11-22T00:00:00Z",
    "totals": {"sent": 1200, "removed": 30, "errors": {"timeout": 5}, "errors_total": 5, "skipped_total": 7},
    "connectors": [
        {
            "connector_id": "con_1",
            "name": "Newsletter [EU]",
            "totals": {"sent": 1200, "removed": 30, "errors": {"timeout": 5}, "errors_total": 5, "skipped_total": 7},
            "actions": [],
        }
    ],
}


def patchbay(*arguments, folder, **environment):
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "200", **environment}
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def api():
    """A control plane that knows three answers, and remembers what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.headers["Authorization"] != "Bearer pbk_right":
                self.reply(401, {"detail": "This API key is not known."})
            elif self.path.startswith("/v1/statistics"):
                self.reply(200, STATISTICS)
            else:
                self.reply(200, {"state": "relaying", "trouble": None, "waiting": 0})

        def do_POST(self):
            self.reply(202, {"records": 42})

        def reply(self, status, body):
            server.asked.append(f"{self.command} {self.path}")
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def url(server):
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_help_names_every_command_and_loads_no_program(tmp_path):
    program = (
        "import sys; from typer.testing import CliRunner; from deploy.cli import app\n"
        "print(CliRunner().invoke(app, ['--help']).output)\n"
        "print([name for name in ('faust', 'fastapi', 'confluent_kafka', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    for command in ("up", "worker", "metrics", "control-plane", "topics", "send", "stats", "config", "version"):
        assert command in done.stdout
    assert done.stdout.strip().endswith("[]")


def test_all_settings_errors_come_together_with_exit_code_2(tmp_path):
    done = patchbay(
        "control-plane",
        folder=tmp_path,
        PATCHBAY_HTTP__PORT="many",
        PATCHBAY_EGRESS__ALLOW="home",
        PATCHBAY_LOG_LEVEL="x",
    )

    assert done.returncode == 2
    for variable in ("PATCHBAY_HTTP__PORT", "PATCHBAY_EGRESS__ALLOW", "PATCHBAY_LOG_LEVEL"):
        assert variable in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("program", ["worker", "metrics", "control-plane"])
def test_the_printed_settings_show_no_secret(program, tmp_path):
    key = "dGhpcyBpcyBhIGtleSB0aGF0IG5vYm9keSBzZWVzIQ=="
    done = patchbay(program, "--print-config", folder=tmp_path, PATCHBAY_SECRETS__KEYS=key)

    assert done.returncode == 0
    assert "bootstrap_servers" in done.stdout
    assert key not in done.stdout
    assert "***" in done.stdout


def test_an_absent_broker_is_one_sentence(tmp_path):
    done = patchbay("topics", "apply", "--kafka", f"127.0.0.1:{free_port()}", folder=tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("Kafka at 127.0.0.1:")
    assert "Traceback" not in done.stderr


def test_topics_are_applied_and_shown(kafka, topic_prefix, tmp_path):
    environment = {
        "PATCHBAY_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "PATCHBAY_KAFKA__TOPIC_PREFIX": topic_prefix,
    }
    first = patchbay("topics", "apply", "--partitions", "2", folder=tmp_path, **environment)
    second = patchbay("topics", "apply", folder=tmp_path, **environment)
    third = patchbay("topics", "apply", "--partitions", "3", folder=tmp_path, **environment)

    assert first.returncode == 0, first.stderr
    assert first.stdout.count("created") == 8
    assert second.stdout.count("as it should be") == 8
    assert third.returncode == 1
    assert f"{topic_prefix}profile-events has 2 partitions" in third.stderr


def test_events_come_from_a_pipe_and_bad_ones_are_named(kafka_settings, tmp_path):
    line = {"v": 1, "workspace": "default", "kind": "event", "profile_id": "p-1", "name": "order_placed"}
    text = json.dumps({**line, "occurred_at": "2026-11-22T10:00:00Z"}) + "\nbad\n"
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "send", "-", "--kafka", kafka_settings.bootstrap_servers],
        env={"PATCHBAY_KAFKA__TOPIC_PREFIX": kafka_settings.topic_prefix, "PYTHONPATH": ":".join(sys.path)},
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == "1 events sent, 1 refused.\n"
    assert "line 2: " in done.stderr
    assert done.returncode == 1


def test_statistics_are_a_table_with_bars(api, tmp_path):
    done = patchbay("stats", "--api", url(api), "--window", "30d", folder=tmp_path, PATCHBAY_API_KEY="pbk_right")

    assert done.returncode == 0, done.stderr
    assert "Newsletter [EU]" in done.stdout
    assert "1,200" in done.stdout
    assert "█" in done.stdout
    assert api.asked == ["GET /v1/statistics?window=30d&time_zone=UTC&detail=totals"]


def test_a_republish_waits_until_the_relay_has_nothing_left(api, tmp_path):
    done = patchbay("config", "republish", "--api", url(api), "--api-key", "pbk_right", folder=tmp_path)

    assert done.stdout == "42 config records published again.\n"
    assert api.asked == ["POST /v1/config/republish", "GET /v1/config/relay"]


def test_a_refused_key_is_told_in_the_words_of_the_api(api, tmp_path):
    done = patchbay("stats", "--api", url(api), "--api-key", "pbk_wrong", folder=tmp_path)

    assert done.returncode == 1
    assert "401, This API key is not known." in done.stderr


def test_a_missing_key_or_control_plane_is_told(tmp_path):
    without_key = patchbay("stats", folder=tmp_path)
    without_server = patchbay("stats", "--api", f"http://127.0.0.1:{free_port()}", "--api-key", "k", folder=tmp_path)

    assert "PATCHBAY_API_KEY" in without_key.stderr
    assert "does not answer" in without_server.stderr
    assert "Traceback" not in without_key.stderr + without_server.stderr


def test_a_new_key_seals(tmp_path):
    key = patchbay("secrets", "new-key", folder=tmp_path).stdout.strip()

    sealer = Sealer([key])
    assert sealer.open("con_1", "token", sealer.seal("con_1", "token", "s3cret")) == "s3cret"
