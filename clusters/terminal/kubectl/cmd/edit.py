"""kubectl edit: objects are changed in an editor.

Models kubectl's `pkg/cmd/edit`.
"""

from typing import Final

from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.editor import Edit
from clusters.terminal.kubectl.generate import SAVE_CONFIG
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean
from clusters.terminal.kubectl.record import RECORD


async def run(k: Kubectl) -> None:
    await Edit(k, k.flags["field-manager"], k.flags["subresource"]).run(k.args)


COMMAND: Final = Command(
    "edit",
    run,
    (
        RECORD,
        *flag_sets.PRINT,
        *flag_sets.FILENAMES,
        flag_sets.VALIDATE,
        boolean("output-patch", about="show what is sent"),
        boolean("windows-line-endings"),
        flag_sets.field_manager("kubectl-edit"),
        SAVE_CONFIG,
        flag_sets.SUBRESOURCE,
    ),
    use="(RESOURCE/NAME | -f FILENAME)",
    about="Change an object in an editor.",
)
