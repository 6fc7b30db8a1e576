"""Lines of kubectl's log, of those that it writes without being asked.

Models k8s.io/klog. Left out: levels of more words, other places for them than stderr.
"""

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clusters.terminal.kubectl.kubectl import Kubectl

_PROCESS: Final = 1
"""The number of the process, of which there is none."""


def line(k: "Kubectl", severity: str, place: str, text: str) -> str:
    """A line as the log has it. `severity` is W, E or F; `place` a file of upstream's and a line of it."""
    now = k.host.now()
    when = time.strftime("%m%d %H:%M:%S", time.gmtime(now))
    return f"{severity}{when}.{int(now % 1 * 1e6):06} {_PROCESS:7} {place}] {text}\n"
