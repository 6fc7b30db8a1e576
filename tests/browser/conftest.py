"""A real Chromium against a real server; every page of every test has to keep the browser rules."""

import pytest
from playwright.sync_api import expect

from tests.install_chromium import find_chromium
from tests.server import Server

# What is waited for takes milliseconds; a machine that has much else to do may take seconds.
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items):
    """Everything in this directory drives a browser."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker("browser")


@pytest.fixture(scope="session")
def running_server(tmp_path_factory):
    """A server that all browser tests share; each new context is a newcomer with a session."""
    running = Server(tmp_path_factory.mktemp("server")).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def server(running_server):
    """Its URL."""
    return running_server.url


@pytest.fixture(scope="session")
def base_url(server):
    """Lets tests say page.goto("/")."""
    return server


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The Chromium of this machine; containers run it as root, without a sandbox of its own."""
    path = find_chromium()
    assert path, "no Chromium: run python tests/install_chromium.py"
    return {**browser_type_launch_args, "executable_path": path, "args": ["--no-sandbox"]}


@pytest.fixture
def broken_rules():
    """What pages did against the rules: violations, script errors, requests to elsewhere. Must stay empty."""
    return []


@pytest.fixture
def new_context(new_context, broken_rules, server):
    """pytest-playwright's factory of newcomers' browsers, each watched."""

    def make(**arguments):
        context = new_context(**arguments)
        context.on("console", lambda message: note_violation(message.text))
        context.on("weberror", lambda error: broken_rules.append(f"script error: {error.error}"))
        context.on("request", lambda request: note_request(request.url))
        return context

    def note_violation(text):
        if "Content Security Policy" in text:
            broken_rules.append(text)

    def note_request(url):
        if not url.startswith((f"{server}/", "data:", "blob:")):
            broken_rules.append(f"request to elsewhere: {url}")

    yield make
    assert broken_rules == []
