"""Where the browser tests get their Chromium from, and what they say if there is none."""

import os
import shutil
import sys

import pytest

from tests import install_chromium


@pytest.fixture
def commands(monkeypatch):
    """A machine without a Chromium; what would be run is noted instead."""
    run = []

    def note(command, **_):
        run.append(command[:3])

    monkeypatch.setattr(install_chromium, "find_chromium", lambda: None)
    monkeypatch.setattr(install_chromium.subprocess, "run", note)
    return run


def program(tmp_path, name, exit_code):
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(0o755)
    return str(path)


def test_a_browser_that_does_not_start_is_none(tmp_path):
    assert install_chromium.starts(program(tmp_path, "works", 0))
    assert not install_chromium.starts(program(tmp_path, "notice", 1))
    assert not install_chromium.starts(str(tmp_path / "absent"))


def test_the_one_named_comes_first_then_path(tmp_path, monkeypatch):
    named, in_path = program(tmp_path, "mine", 0), program(tmp_path, "chromium", 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install_chromium.find_chromium() == in_path
    monkeypatch.setenv("CHROMIUM", named)
    assert install_chromium.find_chromium() == named


def test_root_asks_the_package_manager_first(commands, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    install_chromium.install()
    assert [command[0] for command in commands] == ["apt-get", "apt-get", sys.executable]


def test_others_ask_playwright(commands, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    install_chromium.install()
    assert commands == [[sys.executable, "-m", "playwright"]]


def test_nothing_works_is_said_with_what_to_do(commands, capsys):
    assert install_chromium.main() == 1
    assert "apt-get install chromium" in capsys.readouterr().err
