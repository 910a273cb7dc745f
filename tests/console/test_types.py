"""The console is written against the API as it is: its types are made from the OpenAPI description."""

import json
import shutil
import subprocess

from control_plane.app import assemble, build_parts
from tests.console.conftest import CONSOLE, need
from tests.support.plane import SilentStatuses, WatchedTopic, plane_settings


def test_the_console_fits_the_api(tmp_path):
    need(shutil.which("npm"), "Node.js with npm")
    need((CONSOLE / "node_modules").exists(), "what the console is built with (make console)")
    app = assemble(build_parts(plane_settings(f"sqlite:///{tmp_path}/plane.sqlite"), WatchedTopic()), SilentStatuses())
    (CONSOLE / "generated").mkdir(exist_ok=True)
    (CONSOLE / "generated" / "openapi.json").write_text(json.dumps(app.openapi()))
    command = ["npm", "run", "check"]
    checked = subprocess.run(command, cwd=CONSOLE, capture_output=True, text=True, timeout=180, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_lock_file_names_no_registry():
    assert "resolved" not in (CONSOLE / "package-lock.json").read_text()
