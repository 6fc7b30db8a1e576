"""What curl and wget have in common: URLs, names to addresses, patience."""

import re
from collections.abc import Generator
from typing import Any, Final, NamedTuple

from clusters.engine.kubelet.shell.effects import Effect, Resolve
from clusters.engine.network import Response
from clusters.engine.network.dns import is_address

SYN_TIMEOUT: Final = 134.0
"""Seconds after which Linux gives up connecting to nobody."""
_URL: Final = re.compile(
    r"(?:(\w+)://)?(?:[^@/]*@)?([^/:?#\[\]\s]+)(?::(\d{1,5}))?([/?][^#]*)?(?:#.*)?", re.ASCII
)


class Url(NamedTuple):
    scheme: str
    host: str
    port: int
    path: str
    given_port: bool

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        return f"{self.host}:{self.port}" if self.given_port else self.host


def parse_url(text: str) -> Url | None:
    """The parts of a URL as curl guesses them; None if it has no host or a bad port."""
    found = _URL.fullmatch(text)
    if found is None or not 1 <= int(found[3] or 1) <= 65535:
        return None
    scheme = (found[1] or "http").lower()
    path = found[4] or "/"
    port = int(found[3] or (443 if scheme == "https" else 80))
    return Url(scheme, found[2], port, path if path.startswith("/") else f"/{path}", bool(found[3]))


def look_up(host: str) -> Generator[Effect, Any, str]:
    """The address of a host, "" if there is none."""
    if is_address(host):
        return host
    found = yield Resolve(host)
    return str(found.addresses[0]) if found is not None and found.addresses else ""


def status_line(response: Response) -> str:
    return f"HTTP/1.1 {response.status} {response.reason}"
