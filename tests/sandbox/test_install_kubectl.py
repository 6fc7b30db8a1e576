"""Where the tests of real clients get their kubectls from."""

import os
import shutil

import pytest

from tests import install_kubectl


def program(tmp_path, name, minor):
    """A kubectl that says it is that old."""
    path = tmp_path / name
    path.write_text(f'#!/bin/sh\necho \'{{"clientVersion": {{"minor": "{minor}"}}}}\'\n')
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with nothing of its own in the virtual environment, and an empty PATH."""
    monkeypatch.setattr(install_kubectl, "FOLDER", tmp_path / "none")
    monkeypatch.delenv("KUBECTL", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    return tmp_path


def test_a_kubectl_says_its_version(tmp_path):
    assert install_kubectl.minor_of(program(tmp_path, "kubectl", "37+")) == 37
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert install_kubectl.minor_of(broken) is None
    assert install_kubectl.minor_of(tmp_path / "absent") is None


def test_one_in_path_is_used_if_it_is_new_enough(machine):
    program(machine, "kubectl", 36)
    assert install_kubectl.find_kubectl() is None
    new = program(machine, "kubectl", 38)
    assert install_kubectl.find_kubectl() == new


def test_the_one_named_comes_first(machine, monkeypatch):
    program(machine, "kubectl", 38)
    named = program(machine, "mine", 37)
    monkeypatch.setenv("KUBECTL", named)
    assert install_kubectl.find_kubectl() == named


def test_without_one_it_is_said_what_to_do(machine, monkeypatch, capsys):
    monkeypatch.setattr(install_kubectl.platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert install_kubectl.main() == 1
    assert "need kubectl 1.37 or newer" in capsys.readouterr().err
