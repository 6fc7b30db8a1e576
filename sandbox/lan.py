"""Rules that make a server fit to be opened on a LAN: whose Host headers it answers, and its secret key."""

import os
import secrets
import socket
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

LOCAL = ["localhost", "127.0.0.1", "[::1]"]

# One address in each range that LANs use, and two far away: asking the kernel which own address it would
# send from sends nothing, and finds the address of every network card that has a route.
PROBES = ["10.255.255.255", "172.31.255.255", "192.168.255.255", "192.0.2.1", "2001:db8::1"]


def allowed_hosts(host: str, more: str = "", public_host: str = "") -> list[str]:
    """Returns Django's ALLOWED_HOSTS for a server that listens on `host`.

    A loopback `host` allows this machine only; any other adds the machine's own names and addresses.
    `more` is a comma-separated list of further names, `public_host` the name in PUBLIC_URL.
    """
    hosts = set(LOCAL)
    if not is_loopback(host):
        hosts |= own_hosts() | {bracketed(host)}
    hosts |= {name.strip() for name in more.split(",")} | {public_host}
    return sorted(hosts - {"", "0.0.0.0", "[::]"})


def is_loopback(host: str) -> bool:
    """Tells whether a server listening on `host` can be reached from this machine only."""
    return host in ("localhost", "::1", "[::1]") or host.startswith("127.")


def own_hosts() -> set[str]:
    """Returns the names and addresses under which others on the network may call this machine."""
    name = socket.gethostname().lower()
    addresses = {address for probe in PROBES if (address := source_address(probe))}
    return {name, f"{name.partition('.')[0]}.local"} | {bracketed(address) for address in addresses}


def source_address(destination: str) -> str | None:
    """Returns the own address the kernel would send from to reach `destination`, None without a route."""
    family = socket.AF_INET6 if ":" in destination else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((destination, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def bracketed(host: str) -> str:
    """Returns `host` as it stands in a Host header: IPv6 addresses are in brackets there."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def port_number(text: str) -> int:
    """Returns the TCP port that PORT names. Raises ImproperlyConfigured for anything else."""
    port = int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else 0
    if not 1 <= port <= 65535:
        raise ImproperlyConfigured(f"PORT is a number from 1 to 65535, not {text!r}.")
    return port


def secret_key(data_dir: Path) -> str:
    """Returns the key that signs cookies, made at the first start and readable by its owner only.

    Two processes that start at once end up with the same key: the file appears complete, under its name,
    once. Raises OSError if `data_dir` cannot be written.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)  # sessions lie beside it
    path = data_dir / "secret-key"
    if not path.exists():
        draft = data_dir / f"secret-key.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
