"""Makes the pictures of the guide from the running console: starts a stack, fills it and looks at it."""

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.console.conftest import ARGUMENTS, CHROMIUM
from tests.console.demonstration import Demonstration
from tests.support.simulator import SimulatedPartner
from tests.support.stack import RunningUp

FOLDER = Path(__file__).parent / "pictures"
SIZE = {"width": 1120, "height": 700}


def main() -> None:
    """Every picture, from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        up = RunningUp(Path(folder) / "stack")
        try:
            addresses = up.is_ready()
            key = re.search(r"pbk_\w+", up.text)
            assert key, "the first admin's key"
            simulator = SimulatedPartner(addresses["simulator"])
            demonstration = Demonstration(addresses["console"], addresses["kafka"], simulator, key[0])
            demonstration.furnish()
            demonstration.deliver()
            take_pictures(demonstration)
        finally:
            up.end()


def take_pictures(demonstration: Demonstration) -> None:
    """One file per page of the guide."""
    loyalty = f"/connectors/{demonstration.connectors['Loyalty programme']}"
    pages = {
        "connectors": "/connectors",
        "marketplace": "/marketplace/webhook",
        "new-connector": "/marketplace/webhook/new",
        "statistics": loyalty,
        "errors": f"{loyalty}?tab=errors",
        "uses": f"{loyalty}?tab=uses",
        "action": f"/actions/{demonstration.actions['Tell the shop']}",
        "journey": f"/sources/journeys/{demonstration.sources['First weeks']}",
        "deliveries": "/deliveries",
        "trace": f"/trace?id={_refused(demonstration)}",
        "dead-letters": "/dead-letters",
    }
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        context = browser.new_context(viewport=SIZE, reduced_motion="reduce", color_scheme="light")
        context.request.post(f"{demonstration.url}/v1/session", data={"api_key": demonstration.key})
        page = context.new_page()
        for name, path in pages.items():
            page.goto(demonstration.url + path)
            take(page, name)
        browser.close()


def _refused(demonstration: Demonstration) -> str:
    """A profile with a delivery that the partner refused."""
    connector = demonstration.connectors["Loyalty programme"]
    return str(demonstration.call("GET", f"/errors?connector_id={connector}&limit=1")["items"][0]["profile_id"])


def take(page: Page, name: str) -> None:
    """The picture, once nothing is being loaded any more."""
    page.get_by_role("heading", level=1).wait_for()
    expect(page.locator(".skeleton, .editor-wait, .chart:not(:has(canvas))")).to_have_count(0)
    page.screenshot(path=FOLDER / f"{name}.jpg", quality=62)


if __name__ == "__main__":
    main()
