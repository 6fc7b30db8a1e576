"""kubectl help: what a command does.

Models cobra's help command.
"""

from typing import Final

from clusters.terminal.kubectl import cobra
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, UnsupportedError
from clusters.terminal.kubectl.help import help_text
from clusters.terminal.kubectl.kubectl import Kubectl


async def run(k: Kubectl) -> None:
    root = k.found.chain[0]
    try:
        k.out(help_text(cobra.find(root, (), k.args)))
    except UnsupportedError:
        raise
    except CommandError:
        topics = " ".join(f"`{word}`" for word in k.args)
        k.err(f"Unknown help topic [{topics}]\n{help_text(cobra.find(root, (), ()))}")


COMMAND: Final = Command("help", run, use="[command]", about="Tell what a command does.", hidden=True)
