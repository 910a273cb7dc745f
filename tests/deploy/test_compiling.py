"""The delivery path compiles, and does then what it does as Python."""

import ast
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from deploy.compiling import COMPILED, ROOT, obstacle
from stream_workers.shell.telemetry import DELIVERY_PATH

COPY = ROOT / "build" / "compiled"


def functions(path):
    """Every function of a module."""
    nodes = ast.walk(ast.parse((ROOT / path).read_text()))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def cleared(function):
    """Where an attribute becomes `None`: its name, and the line."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                for place, value in pairs:
                    if isinstance(place, ast.Attribute) and isinstance(value, ast.Constant) and value.value is None:
                        yield ast.unparse(place), node.lineno


def looked_at(function):
    """Where an attribute is read: its name, and the line."""
    return {
        (ast.unparse(node), node.lineno)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


def looked_at_where_none(function):
    """The attributes that a function reads after it has set them to `None`."""
    seen = looked_at(function)
    return [name for name, line in cleared(function) if any(name == one and line < at for one, at in seen)]


@pytest.mark.parametrize("path", COMPILED)
def test_no_attribute_is_looked_at_where_it_has_become_none(path):
    """mypy takes it for `None` until the function ends, whatever a call in between does; compiled, that is an error."""
    assert [(function.name, looked_at_where_none(function)) for function in functions(path)] == [
        (function.name, []) for function in functions(path)
    ]


def test_the_law_above_sees_what_it_forbids():
    text = "def f(self):\n self.a, self.b = None, 1\n self.c = self.g()\n return self.a is None, self.b, self.c"
    assert looked_at_where_none(ast.parse(text).body[0]) == ["self.a"]


def test_the_delivery_path_is_of_one_kind():
    modules = [import_module(path.removesuffix(".py").replace("/", ".")) for path in COMPILED]
    assert {"python" if module.__file__.endswith(".py") else "compiled" for module in modules} == {DELIVERY_PATH}


def test_the_wheel_of_a_compiled_copy_is_for_this_python_and_holds_what_was_compiled(tmp_path):
    if not (COPY / ".made").exists() or obstacle():
        pytest.skip(obstacle() or "`make compile` makes the copy")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=COPY, check=True, capture_output=True)
    wheel = next(tmp_path.glob("*.whl"))
    names = {Path(name) for name in zipfile.ZipFile(wheel).namelist()}
    compiled = {name.with_name(name.name.partition(".")[0] + ".py") for name in names if name.suffix == ".so"}

    assert "-none-any" not in wheel.name
    assert compiled == {Path(path) for path in (*COMPILED, "patchbay__mypyc.py")}
