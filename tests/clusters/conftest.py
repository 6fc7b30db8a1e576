"""What tests of the adapters share: bare clusters, people, and a database file of their own for processes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clusters import memory
from tests.clusters.makers import bare_cluster

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _nothing_held():
    memory.drop_all()
    yield
    memory.drop_all()


@pytest.fixture
def cluster(db):
    """A cluster that holds nothing but its own settings, and in which nothing takes time."""
    return bare_cluster()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A data directory with an empty database, made once, for copying."""
    directory = tmp_path_factory.mktemp("migrated")
    manage(directory, "migrate", "--verbosity", "0", "--skip-checks")
    return directory


@pytest.fixture
def data_dir(migrated, tmp_path):
    """A data directory with an empty database, for processes of this test's own."""
    return Path(shutil.copytree(migrated, tmp_path / "data"))


def environment(data_dir, **more):
    """The environment of a process that works on `data_dir`."""
    return {**os.environ, "DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT), **more}


def manage(data_dir, *arguments, **more):
    """Runs a management command and returns what it printed. Raises CalledProcessError."""
    command = [sys.executable, ROOT / "manage.py", *arguments]
    done = subprocess.run(
        command, env=environment(data_dir, **more), capture_output=True, text=True, check=True
    )
    return done.stdout


def start(data_dir, *arguments, **more):
    """Starts a process that does what tests/clusters/process.py says under that name."""
    code = "import django; django.setup(); from tests.clusters.process import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    more["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"
    return subprocess.Popen(command, env=environment(data_dir, **more), stdout=subprocess.PIPE, text=True)
