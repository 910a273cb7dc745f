"""A connector type that has just been made passes all that the others pass; a name that is no name makes none."""

import pytest

from deploy.connector_kit.scaffolding import listed_in_catalogue, make_connector
from deploy.connector_kit.source_tree import SourceTree
from deploy.errors import CannotRun

WAYS = ("bearer", "basic", "none")
OURS = " ".join(f"connectors/catalog/acme_{way}" for way in WAYS)


def test_new_connector_types_are_born_passing(tree):
    for way in WAYS:
        made = tree.run(f"patchbay connectors new acme_{way} --auth {way}")
        assert made.returncode == 0, made.stderr
        assert f"connectors/catalog/acme_{way}/render.py" in made.stdout
        checked = tree.run(f"patchbay connectors check acme_{way}")
        assert (checked.returncode, "4 cases" in checked.stdout, "all well" in checked.stdout) == (0, True, True)
    shape = tree.run(f"ruff format --check {OURS} connectors/catalog/__init__.py && ruff check {OURS}")
    assert shape.returncode == 0, shape.stdout
    types = tree.run(f"mypy --strict {OURS}")
    assert types.returncode == 0, types.stdout


def test_the_suites_take_a_new_connector_type_up_by_themselves(tree):
    assert tree.run("patchbay connectors new acme_lists").returncode == 0
    suites = "tests/connectors/test_component_rules.py tests/connectors/test_cases.py"
    tested = tree.run(f"python -m pytest -q -p no:cacheprovider {suites} -k 'acme_lists or unique'")
    assert tested.returncode == 0, tested.stdout
    assert "acme_lists" in tree.run(f"python -m pytest -q --collect-only -p no:cacheprovider {suites}").stdout


@pytest.mark.parametrize("name", ["Acme", "acme-lists", "1acme", "a__b", "class", "custom", "a" * 28, "../acme", ""])
def test_a_name_that_cannot_be_a_key_makes_nothing(tmp_path, name):
    with pytest.raises(CannotRun, match="cannot be a key"):
        make_connector(SourceTree(tmp_path), name, "bearer")
    assert list(tmp_path.rglob("*")) == []


def test_a_name_that_is_taken_is_refused(tree):
    before = tree.read("connectors/catalog/webhook/render.py")
    refused = tree.run("patchbay connectors new webhook")
    assert (refused.returncode, "already" in refused.stderr) == (1, True)
    assert tree.read("connectors/catalog/webhook/render.py") == before


def test_the_catalogue_keeps_its_order():
    source = (
        "from connectors.catalog.bee.declaration import CONNECTOR as BEE\n"
        "from connectors.kit.declaration import ConnectorType\n\n"
        "CATALOG: tuple[ConnectorType, ...] = (BEE,)\n\nX = 1\n"
    )
    assert listed_in_catalogue(listed_in_catalogue(source, "ant"), "cat") == (
        "from connectors.catalog.ant.declaration import CONNECTOR as ANT\n"
        "from connectors.catalog.bee.declaration import CONNECTOR as BEE\n"
        "from connectors.catalog.cat.declaration import CONNECTOR as CAT\n"
        "from connectors.kit.declaration import ConnectorType\n\n"
        "CATALOG: tuple[ConnectorType, ...] = (\n    ANT,\n    BEE,\n    CAT,\n)\n\nX = 1\n"
    )
