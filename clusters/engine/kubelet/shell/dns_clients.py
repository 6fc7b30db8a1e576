"""nslookup and getent.

Stand in for busybox's nslookup, which puts the search domains behind names without a dot only, and
glibc's getent. Left out: other record types than A, and name servers that are named.
"""

from typing import Final

from clusters.engine.kubelet.shell.coreutils import options
from clusters.engine.kubelet.shell.effects import Resolve, Run, complain, say
from clusters.engine.kubelet.shell.machine import Call, Program
from clusters.engine.network.dns import DNS_ADDRESS


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


PROGRAMS: Final[dict[str, Program]] = {"nslookup": _nslookup, "getent": _getent}
