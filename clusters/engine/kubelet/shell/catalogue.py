"""All programs that are simulated, by name. Whether an image has one, images.yaml says."""

from typing import Final

from clusters.engine.kubelet.shell import (
    archive,
    coreutils,
    databases,
    dns_clients,
    http_clients,
    inspection,
    ls,
    ping,
    shells,
)
from clusters.engine.kubelet.shell.machine import Program

ONLINE: Final[dict[str, Program]] = {
    **http_clients.PROGRAMS,
    **dns_clients.PROGRAMS,
    **ping.PROGRAMS,
    **databases.PROGRAMS,
}
"""Those that ask the network."""
PROGRAMS: Final[dict[str, Program]] = {
    **coreutils.PROGRAMS,
    **ls.PROGRAMS,
    **inspection.PROGRAMS,
    **archive.PROGRAMS,
    **shells.PROGRAMS,
    **ONLINE,
}
