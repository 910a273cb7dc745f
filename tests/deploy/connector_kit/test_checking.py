"""`check` names what a connector type has to repair, `record` rewrites on purpose, `docs` notices what is stale."""

import json

JOINED = "tests/connectors/webhook/cases/joined.json"
RENDER = "connectors/catalog/webhook/render.py"


def test_a_whole_catalogue_is_said_to_be_well(tree):
    checked = tree.run("patchbay connectors check")
    assert checked.returncode == 0, checked.stdout
    assert "webhook: " in checked.stdout
    assert "meta_custom_audiences: " in checked.stdout


def test_what_is_wrong_is_named_and_fails(tree):
    tree.write(RENDER, tree.read(RENDER).replace('"Idempotency-Key"', '"Idempotence"'))
    checked = tree.run("patchbay connectors check webhook")
    assert checked.returncode == 1
    assert "joined.json: sends.headers" in checked.stdout
    assert "'Idempotence': 'dlv_1'" in checked.stdout


def test_what_raises_is_a_line_of_the_report(tree):
    tree.write(RENDER, tree.read(RENDER).replace("    row = batch.rows[0]\n", "    row = batch.rows[7]\n"))
    checked = tree.run("patchbay connectors check webhook")
    assert (checked.returncode, checked.stderr) == (1, "")
    assert "cases_hold: IndexError in render.py, line " in checked.stdout


def test_a_file_that_is_no_case_is_named(tree):
    tree.write(JOINED, "{")
    checked = tree.run("patchbay connectors check webhook")
    assert (checked.returncode, "joined.json is no case" in checked.stdout) == (1, True)


def test_a_connector_type_that_is_not_there_is_said_to_be_so(tree):
    for command in ("check", "record"):
        refused = tree.run(f"patchbay connectors {command} nobody")
        assert (refused.returncode, "no connector type 'nobody'" in refused.stderr) == (1, True)


def test_recording_rewrites_what_is_sent_and_shows_it(tree):
    tree.write(RENDER, tree.read(RENDER).replace('"Idempotency-Key"', '"Idempotence"'))
    recorded = tree.run("patchbay connectors record webhook")
    assert recorded.returncode == 0, recorded.stderr
    assert '-      "Idempotency-Key": "dlv_1",' in recorded.stdout
    assert '+      "Idempotence": "dlv_1",' in recorded.stdout
    assert tree.run("patchbay connectors check webhook").returncode == 0
    assert tree.run("patchbay connectors record webhook").stdout == "Nothing changed.\n"


def test_recording_fills_in_a_case_that_says_nothing_yet(tree):
    case = json.loads(tree.read(JOINED))
    sends = case.pop("sends")
    tree.write(JOINED, json.dumps(case))
    assert tree.run("patchbay connectors record webhook").returncode == 0
    assert json.loads(tree.read(JOINED))["sends"] == sends


def test_the_pages_are_those_of_the_declarations(tree):
    checked = tree.run("patchbay connectors docs --check")
    assert checked.returncode == 0, f"run `patchbay connectors docs`: {checked.stdout}"


def test_stale_pages_are_named_and_written_anew(tree):
    page, index = "docs/connectors/webhook.md", "docs/connectors/README.md"
    tree.write(page, tree.read(page).replace("Webhook", "Web hook"))
    (tree.root / index).unlink()
    tree.write("docs/connectors/gone.md", "# Gone\n")
    checked = tree.run("patchbay connectors docs --check")
    assert (checked.returncode, set(checked.stdout.split())) == (1, {"webhook.md", "README.md", "gone.md"})
    assert tree.run("patchbay connectors docs").returncode == 0
    assert tree.run("patchbay connectors docs --check").returncode == 0
    assert not (tree.root / "docs/connectors/gone.md").exists()
    assert (tree.root / "docs/connectors/tutorial.md").exists()
