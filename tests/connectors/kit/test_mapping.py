"""A mapping fills a JSON tree from an event, keeps types, is strict about what is missing, and names its problems."""

import hashlib
import zoneinfo
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.declaration import OCCURRED, ActionFields, ActionType, Secret, SettingsModel, mapped, setting
from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.filters import rfc3339
from connectors.kit.mapping import check_mapping, compile_action_mapping, compile_mapping, editor_data
from tests.support.events import joined, left, occurred

ADA = joined(
    identifiers={"email": " Ada@Example.org", "phone": None},
    attributes={"city": "Zürich", "visits": 5, "vip": True, "tags": ["a", "b"], "home": {"zip": "8001"}, "note": None},
)


def render(tree, event=ADA, settings=None):
    return compile_mapping(tree).render(event, settings or {})


@pytest.mark.parametrize(
    ("leaf", "value"),
    [
        ("plain text", "plain text"),
        ("{{ profile.id }}", "p-1"),
        ("{{profile.identifiers.email}}", " Ada@Example.org"),
        ("{{ profile.attributes.visits }}", 5),
        ("{{ profile.attributes.vip }}", True),
        ("{{ profile.attributes.note }}", None),
        ("{{ profile.attributes.tags }}", ["a", "b"]),
        ("{{ profile.attributes.tags[1] }}", "b"),
        ("{{ profile.attributes.tags.size }}", 2),
        ("{{ profile.attributes.home.zip }}", "8001"),
        ('{{ profile.attributes["city"] }}', "Zürich"),
        ("{{ profile.identifiers }}", {"email": " Ada@Example.org"}),
        ("{{ profile.identifiers[settings.key] }}", " Ada@Example.org"),
        ("{{ event.id }}", "e-1"),
        ("{{ event.change }}", "joined"),
        ("{{ event.occurred_at }}", "2026-11-22T12:00:00Z"),
        ("{{ source.kind }}", "audience"),
        ("{{ source.id }}", "aud_ada"),
        ("{{ settings.region }}", "eu"),
        ("{{ 7 }}", 7),
        ("{{ nil }}", None),
    ],
)
def test_a_leaf_that_is_one_path_keeps_its_type(leaf, value):
    settings = {"region": "eu", "key": "email"}
    assert render({"a": [leaf, {"b": leaf}]}, settings=settings) == {"a": [value, {"b": value}]}


@given(
    st.datetimes(timezones=st.sampled_from([UTC, *map(zoneinfo.ZoneInfo, ("Europe/Amsterdam", "Asia/Tokyo", "UTC"))]))
)
def test_a_time_is_written_as_python_writes_it_with_a_z_for_utc(at: datetime):
    assert rfc3339(at) == at.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("leaf", "value"),
    [
        (
            "{{ profile.identifiers.email | normalize_email | sha256 }}",
            hashlib.sha256(b"ada@example.org").hexdigest(),
        ),
        ("{{ profile.identifiers.phone | default: nil }}", None),
        ("{{ profile.attributes.none | default: 'x' }}", "x"),
        ("{{ profile.attributes.none | default: profile.attributes.city }}", "Zürich"),
        ("{{ profile.attributes.none | default: profile.attributes.no | default: 1 }}", 1),
        ("{{ profile.id | default: profile.attributes.none }}", "p-1"),
        ("{{ source | default: nil }}", {"kind": "audience", "id": "aud_ada"}),
        ("{{ profile.attributes.note | upcase }}", None),
        ("{{ profile.attributes.city | upcase }}", "ZÜRICH"),
        ("{{ profile.attributes.city | append: '-' | append: profile.id }}", "Zürich-p-1"),
        ("{{ profile.attributes.tags | join: '+' }}", "a+b"),
        ("{{ profile.attributes.tags | first }}", "a"),
        ("{{ profile.attributes.tags | json }}", '["a","b"]'),
        ("{{ 'a,b' | split: ',' }}", ["a", "b"]),
        ("{{ '12.7' | cast_int }}", 12),
        ("{{ profile.attributes.visits | times: 2 | plus: 1 }}", 11),
        ("{{ 'a b&c' | urlencode }}", "a%20b%26c"),
        ("{{ 'ada' | base64 }}", "YWRh"),
        ("{{ 'ada' | slice: -2, 2 }}", "da"),
        ("{{ '<a>' | escape }}", "&lt;a&gt;"),
        ("{{ event.occurred_at | format_date: '%d.%m.%Y %H:%M', 'Europe/Amsterdam' }}", "22.11.2026 13:00"),
        ("{{ event.occurred_at | format_date: 'unix' }}", 1795348800),
        ("{{ '' | sha256 }}", ""),
        ("{{ false | default: 1, allow_false: true }}", False),
    ],
)
def test_functions_are_applied_in_order(leaf, value):
    assert render(leaf) == value


@pytest.mark.parametrize(
    ("leaf", "text"),
    [
        ("Hello {{ profile.attributes.city }}!", "Hello Zürich!"),
        ("{{ profile.attributes.visits }} visits", "5 visits"),
        ("{% if profile.attributes.none %}a{% else %}b{% endif %}", "b"),
        ("{% for tag in profile.attributes.tags %}{{ forloop.index }}{{ tag }};{% endfor %}", "1a;2b;"),
        ("{% assign x = profile.id | upcase %}{{ x }}{{ x }}", "P-1P-1"),
        ("{% case event.change %}{% when 'joined' %}+{% else %}-{% endcase %}", "+"),
        ("{{ profile.attributes.none | default: 'x' }}.", "x."),
        ("{{ profile.attributes.none | default: profile.attributes.no | default: 'x' }}.", "x."),
        ("{% raw %}{{ as is }}{% endraw %}", "{{ as is }}"),
        ('{"city": {{ profile.attributes.city | json }}}', '{"city": "Zürich"}'),
    ],
)
def test_any_other_leaf_is_a_template_and_gives_text(leaf, text):
    assert render(leaf) == text


@pytest.mark.parametrize(
    "leaf",
    [
        "{{ profile.attributes.none }}",
        "{{ profile.attributes.home.street }}",
        "{{ profile.identifiers.phone }}",
        "{{ profile.attributes.none | upcase }}",
        "{{ profile.attributes.city | append: profile.attributes.none }}",
        "Hello {{ profile.attributes.none }}",
        "Hello {{ profile.attributes.none | upcase }}",
        "Hello {{ profile.id | append: profile.attributes.none }}",
        "{% if true %}{% assign a = profile.attributes.none %}{{ a }}{% endif %}",
        "{% for a in profile.attributes.none %}{% endfor %}",
        "{{ profile.attributes.none | default: profile.attributes.no }}",
        "Hello {{ profile.attributes.none | default: profile.attributes.no }}",
        "{{ event.name }}",
        "{{ source.step }}",
        "{{ settings.region }}",
    ],
)
def test_what_is_missing_is_named(leaf):
    with pytest.raises(CannotRender, match="missing"):
        render({"field": leaf})


def test_a_missing_path_says_where_and_what_to_do():
    with pytest.raises(CannotRender) as raised:
        render({"body": {"a/b": ["Hello {{ profile.attributes.none }}"]}})
    assert raised.value.detail == (
        "Mapping at /body/a~1b/0: `profile.attributes.none` is missing; add `| default: nil` where it may be."
    )


@pytest.mark.parametrize(
    "leaf",
    [
        "{{ profile.attributes.tags | upcase }}",
        "{{ profile.attributes.home }} as text",
        "{{ 'x' | cast_int }}",
        "{{ 'x' | format_date }}",
        "{{ 1 | format_date: '%100000000d' }}",
        "{{ 1 | format_date: 'iso', '../../etc/passwd' }}",
        "{{ 18446744073709551615 | plus: 1 }}",
        "{{ profile.attributes.city | replace: '', 'x' }}",
        "{{ 1 | first }}",
        "{% break %}",
        "{{ empty }}",
    ],
)
def test_what_a_function_cannot_take_is_an_outcome_and_never_a_crash(leaf):
    with pytest.raises(CannotRender):
        render({"field": leaf})


@pytest.mark.parametrize(
    ("leaf", "line", "column", "message"),
    [
        ("{{ user.email }}", 1, 4, "`user` is unknown"),
        ("{{ now }}", 1, 4, "`now` is unknown"),
        ("a\nb {{ profile.mail }}", 2, 6, "`profile.mail` is unknown"),
        ("{{ profile.id | sha }}", 1, 17, "no function `sha`"),
        ("{{ profile.id | replace }}", 1, 17, "`replace: old, new`"),
        ("{{ profile.id | upcase: loud: 1 }}", 1, 17, "`upcase`"),
        ("{{ profile.id", 1, 1, "not closed"),
        ("{% if profile.id", 1, 1, "not closed"),
        ("{% if profile.id %}", 1, 1, "endif"),
        ("{% include 'a' %}", 1, 4, "include"),
        ("{% render 'a' %}", 1, 4, "render"),
        ("{% for i in (1..9) %}{% endfor %}", 1, 13, "ranges"),
        ("{{ settings.token }}", 1, 4, "no setting"),
        ("{{" + " " * 300 + "}}", 1, 1, "blanks"),
        ("{% raw %}" * 60 + "%}", 1, 1, "raw"),
        ("{{ " + "a" * 5000 + " }}", 1, 4, "4096"),
        ("{{ profile" + "[a" * 100 + "]" * 100 + " }}", 1, 4, "64 brackets"),
    ],
)
def test_each_problem_is_placed(leaf, line, column, message):
    problem, *_ = check_mapping({"body": [leaf]}, settings=("region",))
    assert problem.pointer == "/body/0"
    assert message in problem.message
    assert (problem.line, problem.column) == (line, column)


def test_a_mapping_with_problems_does_not_compile():
    with pytest.raises(InvalidSettings, match="line 1, column 4: `user` is unknown"):
        compile_mapping({"a": "{{ user }}"})


@pytest.mark.parametrize(
    ("tree", "message"),
    [("x" * 70_000, "bytes"), (["{{ profile.id }}"] * 5_000, "bytes"), ({"a": object()}, "no JSON")],
)
def test_a_tree_that_is_too_large_or_no_json_is_one_problem(tree, message):
    (problem,) = check_mapping(tree)
    assert message in problem.message


def test_deep_nesting_is_a_problem():
    tree = "{{ profile.id }}"
    for _ in range(40):
        tree = [tree]
    assert "levels deep" in check_mapping(tree)[0].message


def test_constants_are_shared_and_filled_parts_are_fresh():
    mapping = compile_mapping({"constant": {"a": 1}, "filled": {"id": "{{ profile.id }}"}})
    first, second = mapping.render(ADA, {}), mapping.render(left(profile_id="p-2"), {})
    assert first["constant"] is second["constant"]
    assert (first["filled"], second["filled"]) == ({"id": "p-1"}, {"id": "p-2"})


def test_a_plain_event_has_properties_and_no_source():
    assert render("{{ event.properties.items[1].sku }}", occurred()) == "b-2"
    assert render("{{ event.name }}: {{ event.properties.total }}", occurred()) == "order_placed: 12.5"
    assert render("{{ source | default: nil }}", occurred()) is None
    with pytest.raises(CannotRender, match="source.id"):
        render("{{ source.id }}", occurred())


def test_an_event_too_large_for_templates_says_so_and_still_fills_paths():
    large = joined(attributes={"note": "x" * 100_000})
    with pytest.raises(CannotRender, match="reads events of at most 65536"):
        render("Hello {{ profile.id }}", large)
    assert render("{{ profile.id }}", large) == "p-1"


class _Settings(SettingsModel):
    region: str = setting("Region", "Where the account lives.")
    token: Secret = setting("Token", "From the console.")


class _Fields(ActionFields):
    body: object = mapped("Body", "What is sent.", mapping={"id": "{{ profile.id }}"})


ACTION = ActionType("send_event", "Send", "Sends.", _Fields, (OCCURRED,), render=lambda *_: None)


def test_an_action_takes_its_default_mapping_and_overrides_of_its_own_fields():
    assert compile_action_mapping(ACTION, {}).render(ADA, {}) == {"body": {"id": "p-1"}}
    overridden = compile_action_mapping(ACTION, {"body": "{{ settings.region }}"}, _Settings)
    settings = _Settings(region="eu", token="t0p")
    assert settings.visible() == {"region": "eu"}
    assert overridden.render(ADA, settings.visible()) == {"body": "eu"}
    with pytest.raises(InvalidSettings, match="no field 'headers'"):
        compile_action_mapping(ACTION, {"headers": "x"})
    with pytest.raises(InvalidSettings, match=r"settings\.token"):
        compile_action_mapping(ACTION, {"body": "{{ settings.token }}"}, _Settings)


def test_the_editor_is_told_every_attribute_and_function():
    data = editor_data()
    assert {
        key: next(each for each in data["attributes"] if each["path"] == "profile.identifiers")[key]
        for key in ("path", "open")
    } == {"path": "profile.identifiers", "open": True}
    for function in data["functions"]:
        assert function["description"].endswith(".")
        problems = check_mapping(f"{{{{ profile.id | {function['signature']} }}}}")
        assert all("is unknown; paths start with" in problem.message for problem in problems), problems


@pytest.mark.parametrize(
    "leaf", ["{{ event.id | upcase }}", "{{ profile.identifiers.email }}", "{{ source.id | json }}"]
)
def test_a_text_of_plain_leaves_is_what_liquid_itself_would_write(leaf):
    plain, liquid = f"<a>{leaf}</a> & {leaf}", "{% if true %}" + f"<a>{leaf}</a> & {leaf}" + "{% endif %}"
    event = joined()
    assert compile_mapping(plain).render(event, {}) == compile_mapping(liquid).render(event, {})


class _RequiredFields(ActionFields):
    body: str = mapped("Body", "What is sent.", mapping="{{ profile.attributes.text | default: nil }}", required=True)
    note: str = mapped("Note", "A remark.", mapping="{{ profile.attributes.note | default: nil }}")


NEEDS_A_BODY = ActionType("send_text", "Send text", "Sends text.", _RequiredFields, (OCCURRED,), render=print)


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_a_required_field_that_is_empty_cannot_be_rendered(value):
    with pytest.raises(CannotRender, match="'body' is required"):
        compile_action_mapping(NEEDS_A_BODY, {}).render(occurred(attributes={"text": value}), {})


@pytest.mark.parametrize("value", [0, " ", [None], {"a": None}])
def test_a_required_field_may_hold_anything_else(value):
    rendered = compile_action_mapping(NEEDS_A_BODY, {}).render(occurred(attributes={"text": value}), {})
    assert rendered == {"body": value, "note": None}


def test_a_required_field_may_be_a_constant():
    assert compile_action_mapping(NEEDS_A_BODY, {"body": "Ada", "note": ""}).render(occurred(), {})["body"] == "Ada"
