"""Every connector type keeps the written rules, and a type that breaks one is told so."""

import ast
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from connectors import catalog
from connectors.catalog import CATALOG, load_catalog
from connectors.kit import rules
from connectors.kit.cases import case_folder, load_cases
from connectors.kit.declaration import ActionFields, Limits, PartnerType, SettingsModel, setting
from connectors.kit.exchange import PartnerRequest

FOLDER = Path(catalog.__file__).parent
WEBHOOK = next(type_ for type_ in CATALOG if type_.key == "webhook")
META = next(type_ for type_ in CATALOG if type_.key == "meta_custom_audiences")


def cases_of(type_):
    return load_cases(case_folder(type_.key))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("type_", CATALOG, ids=lambda type_: type_.key)
def test_a_connector_type_keeps_the_rule(type_, rule):
    assert list(rule(type_, cases_of(type_))) == []


def test_every_folder_is_in_the_catalogue():
    folders = {path.parent.name for path in FOLDER.glob("*/declaration.py")}
    assert folders == {type_.key for type_ in CATALOG}
    assert {path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"} == folders


def test_keys_and_partner_numbers_are_unique():
    assert len({type_.key for type_ in CATALOG}) == len(CATALOG)
    assert len({type_.partner_type.number for type_ in CATALOG}) == len(CATALOG)
    assert {type_.key for type_ in load_catalog()} >= {type_.key for type_ in CATALOG}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*/*.py")), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_connector_reads_no_clock_no_dice_and_no_environment(file):
    imported = [
        name
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    ]
    called = {ast.unparse(node.func) for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)}
    own = f"connectors.catalog.{file.parent.name}"
    assert not {"os", "random", "secrets", "socket", "time", "uuid", "logging"} & set(imported)
    assert not {"datetime.now", "datetime.utcnow", "date.today", "open"} & called
    assert all(name.startswith(own) for name in imported if name and name.startswith("connectors.catalog"))
    assert {path.name for path in file.parent.glob("*.py")} <= {
        *("__init__.py", "declaration.py", "settings.py", "render.py", "classify.py"),
    }
    assert {path.name for path in file.parent.iterdir() if path.is_file() and path.suffix != ".py"} == {"facts.toml"}


class _Careless(SettingsModel):
    api_key: str = setting("", "Somewhere")


class _CarelessFields(ActionFields):
    target_field = "list_id"

    camelCase: str = setting("List", "The list.")


CARELESS = replace(
    WEBHOOK,
    settings=_Careless,
    actions=(replace(WEBHOOK.actions[0], key="webhook", fields=_CarelessFields, on=WEBHOOK.actions[0].on[:1]),),
    partner_type=PartnerType(7, ("e-mail",)),
    codes={"190": "Something."},
)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (rules.is_described, "lacks a label"),
        (rules.is_described, "not lower_snake"),
        (rules.actions_are_named, "not verb_noun"),
        (rules.secrets_are_secret, "looks like a secret"),
        (rules.removal_is_defined, "never removes"),
        (rules.removal_is_defined, "no field 'list_id'"),
        (rules.identifiers_are_canonical, "'e-mail'"),
        (rules.cases_are_enough, "throttled"),
        (rules.cases_are_enough, "timeout"),
        (rules.codes_are_classified, "'190'"),
    ],
)
def test_a_careless_connector_type_is_told_so(rule, problem):
    assert any(problem in found for found in rule(CARELESS, []))


def test_a_package_with_too_much_python_is_told_so(tmp_path, monkeypatch):
    (tmp_path / "settings.py").write_text("\n" * (rules.MAX_LINES + 1))
    module = ModuleType("far_too_long.settings")
    module.__file__ = str(tmp_path / "settings.py")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    long = replace(WEBHOOK, settings=type("LongSettings", (SettingsModel,), {"__module__": module.__name__}))
    assert any(f"{rules.MAX_LINES + 1} lines" in found for found in rules.is_small(long, []))


@pytest.mark.parametrize(
    "text", ['A = "v25.0"\nB = "v25.0"\n', 'A = "v25.0"\nB = f"/x/v25.0/{A}"\n', 'A = "/v25.0/me"\nB = "v25.0"\n']
)
def test_a_version_that_stands_twice_is_found(tmp_path, monkeypatch, text):
    (tmp_path / "settings.py").write_text(f'"""See /rest/v25.0/ in the documentation."""\n\n{text}')
    module = ModuleType("twice.settings")
    module.__file__ = str(tmp_path / "settings.py")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    twice = replace(META, settings=type("TwiceSettings", (SettingsModel,), {"__module__": module.__name__}))
    assert any("2 times" in found for found in rules.version_stands_once(twice, []))


def test_a_case_without_answers_is_found():
    unanswered = [replace(case, answers=()) for case in cases_of(META) if case.sends][:1]
    assert any("no answer is recorded" in found for found in rules.cases_hold(META, unanswered))


@pytest.mark.parametrize("limits", [Limits(timeout_seconds=31.0), Limits(timeout_seconds=3.5)])
def test_a_deadline_that_is_too_long_is_found(limits):
    assert list(rules.deadline_is_honoured(replace(WEBHOOK, limits=limits), []))


def test_events_without_an_id_are_found():
    def render(*_):
        return PartnerRequest("POST", "https://hooks.example.org/", body=b'{"id": "p-1"}')

    nameless = replace(WEBHOOK, actions=(replace(WEBHOOK.actions[0], render=render),))
    assert any("neither" in found for found in rules.events_can_be_recognised(nameless, cases_of(WEBHOOK)))


def test_a_type_that_sends_identifiers_it_does_not_name_is_found():
    talkative = replace(META, partner_type=PartnerType(2, ("email", "phone")))
    assert any("'email'" in found for found in rules.identifiers_can_be_chosen(talkative, cases_of(META)))


def test_an_address_needs_a_closer_look():
    careless = replace(META.actions[0], refuse=None)
    addressed = replace(META, partner_type=PartnerType(2, ("email", "address")), actions=(careless,))
    assert any("no `refuse`" in found for found in rules.identifiers_can_be_chosen(addressed, cases_of(META)))


def test_a_secret_that_is_not_listed_is_found():
    def render(*arguments):
        return msgspec.structs.replace(META.actions[0].render(*arguments), secrets=())

    leaky = replace(META, actions=(replace(META.actions[0], render=render),))
    assert any("'access_token'" in found for found in rules.secrets_are_listed(leaky, cases_of(META)))


def test_a_body_that_breaks_on_awkward_profiles_is_found():
    def render(settings, fields, batch):
        request = WEBHOOK.actions[0].render(settings, fields, batch)
        return msgspec.structs.replace(request, body=f'{{"id": "{batch.rows[0].profile_id}"}}'.encode())

    broken = replace(WEBHOOK, actions=(replace(WEBHOOK.actions[0], render=render),))
    assert any("no JSON" in found for found in rules.awkward_profiles_render(broken, cases_of(WEBHOOK)))


def test_a_rendering_that_is_not_pure_is_found():
    count = iter(range(1000))

    def render(*arguments):
        return msgspec.structs.replace(META.actions[0].render(*arguments), method=f"M{next(count)}")

    impure = replace(META, actions=(replace(META.actions[0], render=render),))
    assert list(rules.rendering_is_pure(impure, cases_of(META)))
