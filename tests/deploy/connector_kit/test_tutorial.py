"""The tutorial, followed word for word: its commands are run, its edits are made, its output is what appears."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

TUTORIAL = Path(__file__).parents[3] / "docs" / "connectors" / "tutorial.md"
BLOCK = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<kind>\w+)\n(?P<text>.*?)\n```", re.DOTALL)


def test_the_tutorial_can_be_followed(tree):
    steps = list(BLOCK.finditer(TUTORIAL.read_text(encoding="utf-8")))
    followed = [STEPS[step["kind"]](tree, step["before"], step["text"]) for step in steps if step["kind"] in STEPS]
    assert sum(followed) >= 15
    assert {step["kind"] for step in steps} - set(STEPS) == {"toml"}  # the last section: see test_third_party.py


def run_commands(tree, _, text):
    commands = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    for command in commands:
        line, *promised = command.splitlines()
        done = tree.run(line)
        assert done.returncode == (1 if "to repair" in command else 0), f"{line}\n{done.stdout}{done.stderr}"
        expect(promised, done.stdout.splitlines(), line)
    return len(commands)


def expect(promised, found, command):
    """Each promised line comes, in this order; … stands for anything."""
    rest = iter(found)
    for wanted in promised:
        pattern = re.sub(r"([\[\]*?])", r"[\1]", wanted).replace("…", "*")
        assert any(fnmatchcase(line, pattern) for line in rest), f"{command} never says {wanted!r} in {found}"


def make_edits(tree, _, text):
    edits = re.split(r"^--- ", text, flags=re.MULTILINE)[1:]
    for edit in edits:
        path, *lines = edit.splitlines()
        old = "\n".join(line[1:] for line in lines if line.startswith("-"))
        new = "\n".join(line[1:] for line in lines if line.startswith("+"))
        source = tree.read(path)
        assert source.count(f"{old}\n") == 1, f"{path} does not hold this once: {old}"
        tree.write(path, source.replace(f"{old}\n", f"{new}\n"))
    return len(edits)


def write_file(tree, before, text):
    (path,) = re.findall(r"`([^`]+/[^`]+)`", before)
    tree.write(path, text + "\n")
    return 1


STEPS = {"console": run_commands, "diff": make_edits, "python": write_file}
