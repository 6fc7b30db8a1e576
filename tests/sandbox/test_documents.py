"""What the documents say is there is there."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
README = (ROOT / "README.md").read_text()


def named_paths():
    """The paths of ARCHITECTURE.md's table; a bare second name stands in the directory of the first."""
    table = ARCHITECTURE.split("## Where things are")[1].split("## What it stands on")[0]
    for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", cell)
        yield first
        yield from (name if "/" in name else f"{Path(first).parent}/{name}" for name in others)


@pytest.mark.parametrize("path", list(named_paths()))
def test_paths_exist(path):
    assert (ROOT / path).exists()


def test_each_direct_dependency_is_explained():
    direct = (ROOT / "requirements.txt").read_text().split("\n\n")[0]
    names = re.findall(r"^([A-Za-z0-9-]+)==", direct, re.MULTILINE)
    assert names
    for name in names:
        assert f"| {name} |" in ARCHITECTURE


def test_everything_is_pinned():
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            assert re.fullmatch(r"(#.*|-r requirements\.txt|[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*|)", line), (
                line
            )


def test_settings_of_the_readme_are_read():
    settings = (ROOT / "sandbox/settings.py").read_text()
    names = re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)
    assert len(names) >= 5
    for name in names:
        assert f'"{name}"' in settings


def test_commands_of_the_readme_exist():
    names = re.findall(r"^\| `([a-z]+)[^`]*` \|", README, re.MULTILINE)
    assert set(names) == {"serve", "createcluster", "kubeconfig", "reconcile", "purge"}
    assert set(names) <= {name for name, app in get_commands().items() if app == "clusters"}


def test_links_of_the_readme_lead_somewhere():
    targets = re.findall(r"(?<!!)\[[^\]]+\]\(([^)#:]+)\)", README)
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target
