"""How a command prints the objects that it made or changed: -o, --template, or a short sentence.

Models what kubectl's commands do with cli-runtime's PrintFlags. Left out: templates in files.
"""

from collections.abc import Coroutine
from typing import Any, Final, NoReturn

from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import CommandError, UnsupportedError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.printers.interface import Printer as ObjectPrinter
from clusters.terminal.kubectl.printers.print_flags import (
    PRINT_FORMATS,
    NoCompatiblePrinterError,
    PrintFlags,
)
from clusters.terminal.kubectl.scheme import typed

_DRY_RUN: Final = {"client": " (dry run)", "server": " (server dry run)"}


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
            operation=f"{operation}{_DRY_RUN.get(dry_run, '')}",
            show_managed_fields=k.flags["show-managed-fields"],
            allow_missing_template_keys=k.flags["allow-missing-template-keys"],
            typed=as_typed,
        )
        try:
            self._printer = _made(asked.to_printer(_refuse_file))
        except ValueError as error:
            raise CommandError(str(error)) from error

    def print(self, obj: Object) -> None:
        """Print one object. Raises CommandError for what a template cannot make of it."""
        try:
            self._printer.print(typed(obj) if self.as_typed else obj, self.k.out)
        except ValueError as error:
            raise CommandError(str(error)) from error


def no_compatible_printer(output: str, allowed: tuple[str, ...] = PRINT_FORMATS) -> CommandError:
    """The complaint about a format that a command has not."""
    return CommandError(str(NoCompatiblePrinterError(output, allowed)))


def sentence(obj: Object, operation: str, dry_run: str = "none") -> str:
    """What was done to an object: `pod/x created (dry run)`."""
    return f"{name_of(obj)} {operation}{_DRY_RUN.get(dry_run, '')}\n"


def name_of(obj: Object) -> str:
    """`deployment.apps/x`, as -o name prints it."""
    group, slash, _version = obj["apiVersion"].rpartition("/")
    kind = f"{obj['kind'].lower()}.{group}" if slash else obj["kind"].lower()
    return f"{kind}/{(obj.get('metadata') or {}).get('name') or '<unknown>'}"


async def _refuse_file(name: str) -> NoReturn:
    raise UnsupportedError(
        f"this terminal reads templates from files only for get: write that of {name} in the line"
    )


def _made(coroutine: Coroutine[Any, Any, ObjectPrinter]) -> ObjectPrinter:
    """The printer, which nobody has to wait for where no file is read."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        made: ObjectPrinter = done.value
        return made
    raise AssertionError("a printer that is waited for")
