"""kubectl set: image, resources, selector, serviceaccount, env.

Models kubectl's `pkg/cmd/set/set.go`. Left out: subject, as this server has no role bindings.
"""

from typing import Final

from clusters.terminal.kubectl.cmd import (
    set_env,
    set_image,
    set_resources,
    set_selector,
    set_serviceaccount,
)
from clusters.terminal.kubectl.cobra import Command

COMMAND: Final = Command(
    "set",
    commands=(
        set_image.COMMAND,
        set_resources.COMMAND,
        set_selector.COMMAND,
        Command("subject", unsupported=True),
        set_serviceaccount.COMMAND,
        set_env.COMMAND,
    ),
    about="Change one thing of an object: its image, its variables ...",
)
