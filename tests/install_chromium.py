"""Finds a Chromium for the browser tests, or installs one: this machine's, the system's, Playwright's."""

import os
import shutil
import subprocess
import sys

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]


def find_chromium() -> str | None:
    """Returns the path of a browser that starts: CHROMIUM if set, else one in PATH, else Playwright's."""
    candidates = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in NAMES), playwright_chromium()]
    return next((path for path in candidates if path and starts(path)), None)


def starts(path: str) -> bool:
    """Tells whether `path` is a browser that runs here; Ubuntu's chromium-browser may be a mere notice."""
    try:
        return (
            subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def playwright_chromium() -> str | None:
    """Returns where Playwright keeps, or would keep, its own Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def install() -> None:
    """Tries the system's package manager if it may be used, then Playwright. Never raises."""
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        commands.insert(0, ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"])
        commands.insert(0, ["apt-get", "update"])
        commands[-1].insert(-1, "--with-deps")
    for command in commands:
        print("Chromium:", " ".join(command), flush=True)
        subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)
        if find_chromium():
            return


def main() -> int:
    """Prints where the browser is; returns 1 with what to do if there is none."""
    if not find_chromium():
        install()
    path = find_chromium()
    if path:
        print("Chromium:", path)
        return 0
    print(
        "The browser tests need a Chromium, and none could be found or installed.\n"
        "Install one (Debian: apt-get install chromium; Fedora: dnf install chromium; macOS: Google\n"
        "Chrome), or set CHROMIUM to the path of one, and run `make test` again.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
