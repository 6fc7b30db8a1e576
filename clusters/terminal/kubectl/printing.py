"""How a command prints the objects that it made or changed: -o, --template, or a short sentence.

Models what kubectl's commands do with cli-runtime's PrintFlags. Left out: templates in files.
"""

from collections.abc import Sequence
from typing import Final

from clusters.engine.objects import Object, name_of
from clusters.terminal.kubectl.errors import CommandError, UnsupportedError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.printers.name import type_of
from clusters.terminal.kubectl.printers.print_flags import NoCompatiblePrinterError, PrintFlags
from clusters.terminal.kubectl.scheme import typed

DRY_RUN: Final = {"client": " (dry run)", "server": " (server dry run)"}
"""What is said behind an operation."""


class Printer:
    """Prints objects to stdout, one after the other.

    `operation` is what was done to them, as in `pod/x created`. `as_typed`: they are held in Go's types.
    Raises CommandError for a format that there is not.
    """

    def __init__(self, k: Kubectl, operation: str, dry_run: str = "none", *, as_typed: bool = True) -> None:
        self.k = k
        self.as_typed = as_typed
        asked = PrintFlags(
            output=k.flags["output"],
            template=k.flags["template"],
            operation=f"{operation}{DRY_RUN.get(dry_run, '')}",
            show_managed_fields=k.flags["show-managed-fields"],
            allow_missing_template_keys=k.flags["allow-missing-template-keys"],
            typed=as_typed,
        )
        if asked.file:
            raise UnsupportedError(
                "this terminal reads templates from files only for get: "
                f"write that of {asked.file} in the line"
            )
        try:
            self._printer = asked.to_printer()
        except ValueError as error:
            raise CommandError(str(error)) from error

    def print(self, obj: Object) -> None:
        """Print one object. Raises CommandError for what a template cannot make of it."""
        try:
            self._printer.print(typed(obj) if self.as_typed else obj, self.k.out)
        except ValueError as error:
            raise CommandError(str(error)) from error


def no_compatible_printer(output: str, allowed: Sequence[str]) -> CommandError:
    """The complaint about a format that a command has not."""
    return CommandError(str(NoCompatiblePrinterError(output, allowed)))


def sentence(obj: Object, operation: str, dry_run: str = "none") -> str:
    """What was done to an object: `pod/x created (dry run)`."""
    return f"{type_of(obj)}/{name_of(obj)} {operation}{DRY_RUN.get(dry_run, '')}\n"
