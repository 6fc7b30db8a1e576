"""nslookup, getent and ping.

Stand in for busybox's nslookup, which puts the search domains behind names without a dot only, glibc's
getent, and ping. Left out: other record types than A, and name servers that are named.
"""

from typing import Final

from clusters.engine.kubelet.shell.coreutils import options
from clusters.engine.kubelet.shell.effects import Ping, Resolve, Run, Sleep, complain, say
from clusters.engine.kubelet.shell.machine import Call, Program
from clusters.engine.kubelet.shell.urls import look_up
from clusters.engine.network.dns import DNS_ADDRESS, is_address

_PINGS_MOST: Final = 1_000


def _nslookup(call: Call) -> Run:
    _, names = options(call.arguments)
    if not names:
        yield complain("Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]")
        return 1
    resolver = call.machine.files.read("/etc/resolv.conf") or b""
    lines = resolver.decode().splitlines()
    server = next((line.split()[1] for line in lines if line.startswith("nameserver ")), DNS_ADDRESS)
    domains = next((line.split()[1:] for line in lines if line.startswith("search ")), [])
    yield say(f"Server:\t\t{server}\nAddress:\t{server}:53\n\n")
    name, code = names[0], 0
    asked = [name] if "." in name or not domains else [f"{name}.{domain}" for domain in domains]
    for full in asked:
        found = yield Resolve(full, search=False)
        if found is None:
            yield say(f"** server can't find {full.rstrip('.')}: NXDOMAIN\n\n" * 2)
            code = 1
        else:
            answers = "".join(f"Name:\t{full.rstrip('.')}\nAddress: {ip}\n" for ip in found.addresses)
            yield say(f"{answers}\n\n")
    return code


def _getent(call: Call) -> Run:
    if call.arguments[:1] not in (["hosts"], ["ahosts"], ["ahostsv4"]):
        yield complain("getent: only the database hosts is simulated")
        return 1
    code = 0
    for name in call.arguments[1:]:
        found = yield Resolve(name)
        if found is None:
            code = 2
        else:
            yield say("".join(f"{address:<15} {found.name}\n" for address in found.addresses))
    return code


def _ping(call: Call) -> Run:
    flags, words = options(call.arguments)
    count = next((int(word) for word in words if word.isdecimal() and word.isascii() and len(word) < 7), None)
    hosts = [word for word in words if not word.isdecimal()]
    if not hosts:
        yield complain("ping: usage error: Destination address required")
        return 2
    address = yield from look_up(hosts[0])
    if not address:
        busybox = call.machine.image.base != "debian"
        yield complain(f"ping: bad address '{hosts[0]}'" if busybox else "ping: unknown host")
        return 1
    answers = bool((yield from _is_there(call, address)))
    yield say(f"PING {hosts[0]} ({address}): 56 data bytes\n")
    turns = min(count if "c" in flags and count else _PINGS_MOST, _PINGS_MOST)
    for number in range(turns):
        if answers:
            yield say(f"64 bytes from {address}: seq={number} ttl=62 time=0.1 ms\n")
        yield Sleep(1.0 if answers or number + 1 < turns else 10.0)
    received, lost = (turns, 0) if answers else (0, 100)
    yield say(f"\n--- {hosts[0]} ping statistics ---\n")
    yield say(f"{turns} packets transmitted, {received} packets received, {lost}% packet loss\n")
    return 0 if answers else 1


def _is_there(call: Call, address: str) -> Run:
    """Whether a machine has the address: a Service's is only a rule for its ports, so nobody answers."""
    if not is_address(address):
        return 0
    there: bool = yield Ping(address)
    return int(there)


PROGRAMS: Final[dict[str, Program]] = {"nslookup": _nslookup, "getent": _getent, "ping": _ping}
