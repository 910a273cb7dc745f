"""The container runs in a real JavaScript engine: who gets which tag, what is asked for, and what never is."""

import json
import shutil
import subprocess

import pytest

from connectors.kit.errors import InvalidSettings
from connectors.kit.tag_container import (
    Fires,
    Tag,
    TagKind,
    TagTemplate,
    build_container,
    container_hosts,
    fill_macros,
)

PIXEL = "https://pixel.example.org/collect?id={profile_id}&page={page_url}"
SCRIPT = "https://tags.example.org/tag.js"

BROWSER = """
const asked = [], stored = {};
global.window = {location: {href: "https://www.example.org/a?b=ü"}, patchbay: %s};
window.sessionStorage = {getItem: key => stored[key] || null, setItem: (key, value) => { stored[key] = value; }};
global.document = {
  currentScript: {nonce: "n0nce"},
  createElement: name => ({name}),
  head: {appendChild: element => asked.push([element.name, element.src, element.nonce])},
};
global.Image = class { set src(url) { asked.push(["img", url]); } };
const run = %s;
const load = () => new Function(run)();  // the page's own doing: the container itself evaluates nothing
load();
%s
console.log(JSON.stringify({asked, version: window.patchbay.version}));
"""


@pytest.fixture(scope="session")
def node():
    found = shutil.which("node")
    if found is None:
        pytest.skip("needs Node.js")
    return found


def tag(id_="act_1", kind=TagKind.PIXEL, url=PIXEL, **changes):
    template = TagTemplate(kind, url, changes.pop("fires", Fires.EVERY_PAGE))
    return Tag(id_, template, changes.pop("memberships", ("vip",)), **changes)


def visit(node, page, *tags, then="", version="7"):
    script = BROWSER % (json.dumps(page), json.dumps(build_container(tags, version)), then)
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_member_gets_the_pixel_with_everything_encoded(node):
    page = {"memberships": ["vip"], "profileId": "p/1 &x(~)"}
    found = visit(node, page, tag())
    values = {"profile_id": page["profileId"], "page_url": "https://www.example.org/a?b=ü"}
    assert found == {"asked": [["img", fill_macros(PIXEL, values)]], "version": "7"}


def test_a_script_is_loaded_under_the_nonce_of_the_page(node):
    found = visit(
        node, {"memberships": ["welcome/mail-1"]}, tag(kind=TagKind.SCRIPT, url=SCRIPT, memberships=("welcome/mail-1",))
    )
    assert found["asked"] == [["script", SCRIPT, "n0nce"]]


@pytest.mark.parametrize(
    "page",
    [None, {}, {"memberships": []}, {"memberships": ["other"]}, {"memberships": "vip"}, {"memberships": {"vip": True}}],
)
def test_who_is_no_member_gets_nothing(node, page):
    assert visit(node, page, tag())["asked"] == []


@pytest.mark.parametrize(
    ("consent", "fires"),
    [(None, 0), ([], 0), (["ads"], 0), (["ads", "personalisation", "more"], 1)],
)
def test_every_category_of_consent_is_needed(node, consent, fires):
    page = {"memberships": ["vip"], "consent": consent}
    assert len(visit(node, page, tag(consent=("ads", "personalisation")))["asked"]) == fires


def test_a_tag_fires_as_soon_as_the_page_says_so_and_only_once_on_a_page(node):
    then = "window.patchbay.consent = ['ads']; window.patchbay.update(); window.patchbay.update();"
    assert len(visit(node, {"memberships": ["vip"]}, tag(consent=("ads",)), then=then)["asked"]) == 1


def test_once_per_session_outlives_the_page_and_every_page_does_not(node):
    page = {"memberships": ["vip"]}
    assert len(visit(node, page, tag(fires=Fires.ONCE_PER_SESSION), then="load();")["asked"]) == 1
    assert len(visit(node, page, tag(), then="load();")["asked"]) == 2


def test_without_storage_a_session_is_a_page(node):
    found = visit(
        node,
        {"memberships": []},
        tag(fires=Fires.ONCE_PER_SESSION),
        then="delete window.sessionStorage; window.patchbay.memberships = ['vip']; window.patchbay.update();",
    )
    assert len(found["asked"]) == 1


def test_what_a_page_says_moves_no_tag_to_another_host(node):
    page = {"memberships": ["vip"], "profileId": "/../@evil.example/"}
    (asked,) = visit(node, page, tag(url="https://pixel.example.org/{profile_id}"))["asked"]
    assert asked[1].startswith("https://pixel.example.org/%2F..%2F%40evil")


def test_nothing_in_a_tag_breaks_out_of_the_script(node):
    evil = "</script><img src=x onerror=alert(1)>\u2028';alert(1)//"
    container = build_container([tag(id_=evil, memberships=("vip", evil), consent=(evil,))], evil)
    assert "</script" not in container
    assert container.isascii()
    assert visit(
        node, {"memberships": [evil], "consent": [evil]}, tag(id_=evil, memberships=(evil,)), version=evil
    ) == {
        "asked": [["img", fill_macros(PIXEL, {"page_url": "https://www.example.org/a?b=ü"})]],
        "version": evil,
    }


def test_the_script_is_the_same_for_the_same_tags_and_evaluates_nothing():
    one, other = tag("act_1"), tag("act_2", memberships=("b", "a", "b"))
    assert build_container([one, other], "7") == build_container([other, tag("act_1")], "7")
    assert not any(
        word in build_container([one], "7") for word in ("eval(", "Function(", "innerHTML", "document.write")
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://pixel.example.org/",
        "https://{profile_id}.example.org/",
        "https://pixel.example.org/?x={password}",
        "//x/",
    ],
)
def test_a_tag_that_may_not_be_published_is_refused(url):
    with pytest.raises(InvalidSettings):
        build_container([tag(url=url)], "7")


def test_the_hosts_for_a_content_security_policy_are_told():
    tags = [tag(), tag("act_2", kind=TagKind.SCRIPT, url=SCRIPT), tag("act_3", url=PIXEL)]
    assert container_hosts(tags) == {"img-src": ("pixel.example.org",), "script-src": ("tags.example.org",)}
