"""A running stack with something to look at, and a browser that shows its console."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from control_plane.console.serving import BUILT
from tests.console.demonstration import Demonstration
from tests.support.simulator import SimulatedPartner
from tests.support.stack import RunningUp

CHROMIUM = Path("/usr/bin/chromium")
CONSOLE = BUILT.parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

expect.set_options(timeout=15_000)  # two busy cores may keep a page from its data for longer than the usual 5 s


def pytest_collection_modifyitems(items):
    for item in items:
        if {"page", "demonstration"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")


def need(present, what):
    """Without this the suite cannot run: an error where it must, and a reason to skip elsewhere."""
    if present:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory):
    need(CHROMIUM.exists(), "Chromium (apt-get install chromium)")
    need((BUILT / "index.html").exists(), "the built console (make console)")
    up = RunningUp(tmp_path_factory.mktemp("console") / "stack")
    try:
        addresses = up.is_ready()
        key = re.search(r"pbk_\w+", up.text)[0]
        made = Demonstration(addresses["console"], addresses["kafka"], SimulatedPartner(addresses["simulator"]), key)
        made.furnish()
        made.deliver()
        yield made
    finally:
        up.end()


@pytest.fixture(scope="module")
def browser(demonstration):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, demonstration):
    """Opens a page of the console, signed in with any key; nothing may go wrong in it that a test did not expect."""
    contexts, complaints = [], []

    def note(message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_one(path="/", *, key=demonstration.key, **options):
        context = browser.new_context(viewport=options.pop("viewport", {"width": 1280, "height": 900}), **options)
        contexts.append(context)
        if key is not None:
            context.request.post(f"{demonstration.url}/v1/session", data={"api_key": key})
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(demonstration.url + path)
        return page

    yield open_one
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="wait")  # else an answer that is being made up fails in the next test
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page):
    return open_page("/connectors")
