"""Every page in light and dark, at three widths: nothing that axe finds serious, nothing wider than the screen."""

import pytest
from playwright.sync_api import expect

from tests.console.conftest import CONSOLE

AXE = CONSOLE / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (375, 768, 1280)
PAGES = {
    "sign-in": None,
    "connectors": "/connectors",
    "marketplace": "/marketplace/meta_custom_audiences",
    "new connector": "/marketplace/webhook/new",
    "custom types": "/custom-types",
    "new custom type": "/custom-types/new",
    "tags": "/tags",
    "statistics": "/connectors/{connector}",
    "actions": "/connectors/{connector}?tab=actions",
    "settings": "/connectors/{connector}?tab=settings",
    "errors": "/connectors/{connector}?tab=errors",
    "versions": "/connectors/{connector}?tab=versions&compare=1",
    "uses": "/connectors/{connector}?tab=uses",
    "new action": "/connectors/{connector}/new-action",
    "action": "/actions/{action}",
    "audiences": "/sources/audiences",
    "audience": "/sources/audiences/{audience}",
    "journey": "/sources/journeys/{journey}",
    "event feeds": "/sources/event-feeds",
    "deliveries": "/deliveries",
    "trace": "/trace?id=p-0",
    "dead letters": "/dead-letters",
    "errors, grouped": "/dead-letters?tab=errors",
    "replays": "/dead-letters?tab=jobs",
    "alerts": "/alerts",
    "workers": "/workers",
    "audit": "/audit",
    "users": "/users",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits_every_screen(open_page, demonstration, name, scheme):
    path = PAGES[name]
    signed_in = {} if path is not None else {"key": None}
    page = open_page(address_of(path, demonstration), color_scheme=scheme, **signed_in)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".skeleton, .editor-wait")).to_have_count(0)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width}"
    assert serious_findings(page) == []


def serious_findings(page):
    """What axe finds on the page as it is now."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        (violation["id"], violation["help"], [node["html"][:200] for node in violation["nodes"][:3]])
        for violation in found
        if violation["impact"] in {"serious", "critical"}
    ]


def address_of(path, demonstration):
    return (path or "/").format(
        connector=demonstration.connectors["Loyalty programme"],
        action=demonstration.actions["Update the member"],
        audience=demonstration.sources["Valuable customers"],
        journey=demonstration.sources["First weeks"],
    )
