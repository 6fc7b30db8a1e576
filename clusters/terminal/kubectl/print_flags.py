"""How a command prints the objects that it made or changed: -o, --template, or a short sentence.

Models cli-runtime's `pkg/genericclioptions/print_flags.go` with `pkg/printers/name.go`. Left out: templates
and paths until their printers are there.
"""

from collections.abc import Callable
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import quoted
from clusters.terminal.kubectl.printers.json_text import json_text
from clusters.terminal.kubectl.printers.kyaml_text import kyaml_text
from clusters.terminal.kubectl.printers.yaml_text import yaml_text
from clusters.terminal.kubectl.scheme import typed

ALLOWED: Final = (
    "go-template", "go-template-file", "json", "jsonpath", "jsonpath-as-json", "jsonpath-file", "kyaml",
    "name", "template", "templatefile", "yaml",
)  # fmt: skip
_DRY_RUN: Final = {"client": " (dry run)", "server": " (server dry run)"}
Write = Callable[[Object], str]


class Printer:
    """Prints objects to stdout, one after the other.

    `operation` is what was done to them, as in `pod/x created`. `as_typed`: they are held in Go's types.
    Raises CommandError for a format that there is not.
    """

    def __init__(self, k: Kubectl, operation: str, dry_run: str = "none", *, as_typed: bool = True) -> None:
        self.k = k
        self.as_typed = as_typed
        self._shown_operation = f" {operation}{_DRY_RUN.get(dry_run, '')}"
        self._write = self._writer()
        self._printed = 0

    def print(self, obj: Object) -> None:
        self._printed += 1
        self.k.out(self._write(typed(obj) if self.as_typed else obj))

    def _writer(self) -> Write:
        output = self.k.flags["output"].lower()
        if output == "json":
            return lambda obj: json_text(self._shown(obj), sort_keys=not self.as_typed)
        if output == "yaml":
            return lambda obj: self._document(yaml_text(self._shown(obj)))
        if output == "kyaml":
            return lambda obj: kyaml_text(self._shown(obj), sort_keys=not self.as_typed)
        if output in ("", "name"):
            return lambda obj: f"{name_of(obj)}{'' if output else self._shown_operation}\n"
        raise no_compatible_printer(self.k.flags["output"], ALLOWED)

    def _document(self, text: str) -> str:
        return f"---\n{text}" if self._printed > 1 else text

    def _shown(self, obj: Object) -> Object:
        metadata = obj.get("metadata") or {}
        if "managedFields" not in metadata or self.k.flags["show-managed-fields"]:
            return obj
        kept = {key: value for key, value in metadata.items() if key != "managedFields"}
        return {**obj, "metadata": kept}


def no_compatible_printer(output: str, allowed: tuple[str, ...]) -> CommandError:
    """The complaint about a format that a command has not."""
    return CommandError(
        f"unable to match a printer suitable for the output format {quoted(output)}, "
        f"allowed formats are: {','.join(allowed)}"
    )


def name_of(obj: Object) -> str:
    """`deployment.apps/x`, as -o name prints it."""
    group, slash, _version = obj["apiVersion"].rpartition("/")
    kind = f"{obj['kind'].lower()}.{group}" if slash else obj["kind"].lower()
    return f"{kind}/{(obj.get('metadata') or {}).get('name') or '<unknown>'}"
