"""No mapping, however hostile, takes much time or memory, or ends in anything but `CannotRender`."""

import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kit.errors import CannotRender, InvalidSettings
from connectors.kit.filters import FILTERS
from connectors.kit.mapping import compile_mapping
from tests.support.events import joined

MAX_SECONDS = 2.0
"""Of the processor: a quarter of a second is the aim, memory tracing takes the rest."""
MAX_BYTES = 48 * 1024 * 1024

EVENTS = {
    "small": joined(attributes={"t": "ab", "l": [1, 2, [3], {"k": "v"}], "n": 3, "o": {"t": "x"}}),
    "long": joined(attributes={"t": "a é" * 9_000, "l": list(range(4_000)), "n": 2**62, "o": {"t": "x"}}),
    "deep": joined(attributes={"t": "[[", "l": [[[0.5] * 4_000]], "n": -1, "o": {"t": [0.5] * 5_000}}),
    "huge": joined(attributes={"t": "ab " * 200_000, "l": [0] * 50_000, "n": 0, "o": {"t": "x"}}),
}


def compiled(tree):
    """The mapping, or `None` when it is refused; that it came soon is asserted."""
    started = time.process_time()
    try:
        return compile_mapping(tree)
    except InvalidSettings:
        return None
    finally:
        assert time.process_time() - started < MAX_SECONDS


def render_within_bounds(mapping, event):
    """Render; `CannotRender` is the only way to fail."""
    tracemalloc.start()
    started = time.process_time()
    try:
        mapping.render(event, {"region": "eu"})
    except CannotRender as error:
        assert len(error.detail) < 1000  # noqa: PT017  # both ends are right, and only one has a sentence
    finally:
        seconds, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert seconds < MAX_SECONDS
    assert peak < MAX_BYTES


def repeated(part, size=60_000):
    return part * (size // len(part))


HOSTILE = {
    "doubling by append": "{% assign x = 'aaaaaaaa' %}" + repeated("{% assign x = x | append: x %}"),
    "doubling by capture": "{% capture x %}a{% endcapture %}"
    + repeated("{% capture x %}{{ x }}{{ x }}{% endcapture %}"),
    "replace by itself": "{{ profile.attributes.t | replace: 'a', profile.attributes.t }}",
    "many names": "".join(f"{{% assign x{n} = profile.attributes.t | append: '' %}}" for n in range(900)),
    "functions on long text": "." + repeated("{% assign x = profile.attributes.t | normalize_email | urlencode %}"),
    "functions in many leaves": ["{{ profile.attributes.t | slice: 0, 99999 | escape | size }}"] * 900,
    "lists in many leaves": ["{{ profile.attributes.l }}"] * 1_900,
    "JSON in many leaves": ["{{ profile.attributes.l | json | size }}"] * 1_400,
    "splits": "." + repeated("{% assign x = profile.attributes.t | split: 'x' %}"),
    "nested loops": "{% for a in profile.attributes.l %}" * 6 + "{{ a }}" + "{% endfor %}" * 6,
    "loops in sequence": repeated("{% for a in profile.attributes.l %}{{ forloop.index }}{% endfor %}"),
    "a loop over much": "{% for a in profile.attributes.l reversed %}" + repeated("{{ a }}", 50_000) + "{% endfor %}",
    "a loop of nothing": "{% for a in profile.attributes.l %}" + repeated("{% if true %}{% endif %}") + "{% endfor %}",
    "comparisons": "." + repeated("{% if profile.attributes.l == profile.attributes.o.t %}{% endif %}"),
    "searches": "." + repeated("{% if profile.attributes.t contains 'aaaaaaaaaaaaab' %}{% endif %}"),
    "long conditions": repeated("{% if true" + " and true" * 400 + " %}{% endif %}"),
    "phone numbers": "." + repeated("{{ '+31612345678' | normalize_phone }}"),
    "squares": "{% assign x = 9 %}" + repeated("{% assign x = x | times: x %}"),
    "blanks": repeated("{{" + " " * 250 + "}}"),
    "one tag that never ends": "{%" + "a" * 60_000,
    "raw blocks that never end": repeated("{% raw %}") + "%}",
    "brackets": "{{ profile" + "[profile" * 450 + "]" * 450 + " }}",
    "quotes": repeated("{{ " + '"' * 4_001 + " }}"),
    "parentheses": repeated("{{ " + "(" * 4_000 + " }}"),
    "strftime widths": "{{ 1 | format_date: '%1000000000Y' }}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mapping_is_stopped(name):
    mapping = compiled(HOSTILE[name])
    for event in EVENTS.values() if mapping else ():
        render_within_bounds(mapping, event)


paths = st.sampled_from(
    (
        *("profile.id", "profile.attributes.t", "profile.attributes.l", "profile.attributes.n", "profile.attributes"),
        *("profile.attributes.l[0]", "profile.attributes.o.t", "profile.attributes.none", "event.id", "x", "y", "i"),
        *("settings.region", "source.step", "event.occurred_at", "profile.attributes[profile.id]", "forloop.last"),
        *("'a'", "''", "7", "-1", "1.5", "nil", "true", "empty", "'%Y'", "'é'"),
    )
)
USES = sorted(
    (name, count) for name, filter_ in FILTERS.items() for count in range(3) if filter_.misuse(count, ()) is None
)
filters = st.sampled_from(USES).flatmap(
    lambda use: st.lists(paths, min_size=use[1], max_size=use[1]).map(
        lambda arguments: f" | {use[0]}" + (": " + ", ".join(arguments) if arguments else "")
    )
)
expressions = st.builds(lambda path, chain: path + "".join(chain), paths, st.lists(filters, max_size=4))
conditions = st.builds(
    lambda left, operator, right: f"{left} {operator} {right}",
    paths,
    st.sampled_from(("==", "!=", "<", ">=", "contains", "and", "or")),
    paths,
)
blocks = st.recursive(
    st.one_of(
        st.builds("{{{{ {} }}}}".format, expressions),
        st.builds("{{% assign x = {} %}}".format, expressions),
        st.sampled_from(("text", "{% break %}", "{% comment %}{{ x }}{% endcomment %}", "{{-", "%}")),
    ),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{{% for i in {} %}}{}{{% endfor %}}".format, paths, inner),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, conditions, inner, inner),
        st.builds("{{% capture y %}}{}{{% endcapture %}}".format, inner),
        st.builds("{{% case {} %}}{{% when {} %}}{}{{% endcase %}}".format, paths, paths, inner),
    ),
    max_leaves=12,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(
    template=st.one_of(blocks, st.text(alphabet="{%}| .:'\"ax[]()-\n", max_size=60)),
    event=st.sampled_from(sorted(EVENTS)),
    times=st.sampled_from((1, 2, 200)),
)
def test_a_generated_template_is_bounded(template, event, times):
    mapping = compiled([template, template * times])
    if mapping:
        render_within_bounds(mapping, EVENTS[event])
