"""A connector type in a wheel of its own is found, and the same rules run on it."""

import sys

import pytest

from tests.support.checkout import ROOT

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme-wheel"
version = "1.0"

[project.entry-points."patchbay.connectors"]
acme_wheel = "acme_wheel.declaration:CONNECTOR"

[tool.hatch.build.targets.wheel]
packages = ["acme_wheel"]
"""
INSTALL = (
    f"{sys.executable} -m pip install --quiet --no-deps --no-build-isolation --no-index --target installed ./wheel"
)


@pytest.fixture
def installed(tree):
    """The scaffold, moved out of the source into a package, and that installed where nothing else is."""
    assert tree.run("patchbay connectors new acme_wheel").returncode == 0
    package = tree.root / "wheel" / "acme_wheel"
    package.parent.mkdir()
    (tree.root / "connectors/catalog/acme_wheel").rename(package)
    (tree.root / "tests/connectors/acme_wheel/cases").rename(package / "cases")
    for file in package.glob("*.py"):
        file.write_text(file.read_text().replace("connectors.catalog.acme_wheel", "acme_wheel"))
    (tree.root / "wheel" / "pyproject.toml").write_text(PROJECT)
    done = tree.run(INSTALL)
    assert done.returncode == 0, done.stderr
    (tree.root / "wheel").rename(tree.root / "gone")
    return tree


def run(tree, command):
    return tree.run(command, PYTHONPATH=f"{tree.root / 'installed'}:{ROOT}")


def test_a_wheels_connector_type_is_found_with_its_cases(installed):
    checked = run(installed, "patchbay connectors check acme_wheel")
    assert (checked.returncode, "acme_wheel: 4 cases" in checked.stdout) == (0, True), checked.stdout + checked.stderr
    answers = run(installed, f'python -P -c "{SIMULATED}"')
    assert answers.stdout.strip() == "True", answers.stderr


SIMULATED = """
from deploy.local.simulator.recorded_answers import answers_of_the_catalog
print(b'added' in answers_of_the_catalog().find('POST', '/acme_wheel/v1/lists/l-82/members'))
"""


def test_the_rules_run_on_it(installed):
    settings = installed.root / "installed/acme_wheel/settings.py"
    settings.write_text(settings.read_text().replace("api_token: Secret", "api_token: str"))
    checked = run(installed, "patchbay connectors check acme_wheel")
    assert (checked.returncode, "looks like a secret" in checked.stdout) == (1, True), checked.stdout


def test_a_wheel_cannot_take_the_key_of_another_connector_type(installed):
    declaration = installed.root / "installed/acme_wheel/declaration.py"
    declaration.write_text(declaration.read_text().replace('key="acme_wheel"', 'key="webhook"'))
    refused = run(installed, "patchbay connectors check")
    assert refused.returncode == 2
    assert "Two connector types are named 'webhook'" in refused.stderr


def test_what_is_no_connector_type_is_refused_by_name(installed):
    declaration = installed.root / "installed/acme_wheel/declaration.py"
    declaration.write_text("CONNECTOR = 'none'\n")
    refused = run(installed, "patchbay connectors check")
    assert (refused.returncode, "'acme_wheel'" in refused.stderr) == (2, True)
