"""From `-o` and `--template` to a printer.

Models `pkg/genericclioptions/print_flags.go` of cli-runtime and those beside it, and kubectl's
`pkg/cmd/get/get_flags.go`. Left out: tables for people, for which `get` takes a HumanReadablePrinter itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from clusters.terminal.kubectl.printers import customcolumns
from clusters.terminal.kubectl.printers.go_template import GoTemplatePrinter
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printers.interface import Printer
from clusters.terminal.kubectl.printers.jsonpath import JSONPathPrinter
from clusters.terminal.kubectl.printers.name import NamePrinter
from clusters.terminal.kubectl.printers.serialized import (
    JSONPrinter,
    KYAMLPrinter,
    OmitManagedFieldsPrinter,
    YAMLPrinter,
)

GO_TEMPLATE: Final = ("go-template", "go-template-file", "template", "templatefile")
JSONPATH: Final = ("jsonpath", "jsonpath-as-json", "jsonpath-file")
CUSTOM_COLUMNS: Final = ("custom-columns", "custom-columns-file")
PRINT_FORMATS: Final = ("json", "yaml", "kyaml", "name", *GO_TEMPLATE, *JSONPATH)
"""What most commands know, as their help lists it."""
GET_FORMATS: Final = (*PRINT_FORMATS, *CUSTOM_COLUMNS, "wide")

ReadFile = Callable[[str], Awaitable[str]]
"""The text of a file. Raises FileNotFoundError."""


class NoCompatiblePrinterError(ValueError):
    """A format that a command does not know."""

    def __init__(self, output: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"unable to match a printer suitable for the output format {quote(output)}, "
            f"allowed formats are: {','.join(sorted(allowed))}"
        )


@dataclass(frozen=True, kw_only=True)
class PrintFlags:
    """What the flags of a command say, and what the command says of its objects.

    `operation` is told after a name, as in `pod/x created`. `typed` objects are those that kubectl made
    itself: their JSON keeps the order of the dict's keys, and templates find floats in them.
    """

    output: str = ""
    template: str = ""
    allowed: Sequence[str] = PRINT_FORMATS
    operation: str = ""
    no_headers: bool = False
    show_managed_fields: bool = False
    allow_missing_template_keys: bool = True
    typed: bool = False

    @property
    def file(self) -> str:
        """The file that the template is in, "" without one."""
        name, value = self._asked()
        return value if name in self.allowed and name.endswith("file") else ""

    async def read_template(self, read_file: ReadFile) -> str:
        """What is in `file`, "" without one. Raises ValueError if it is not there."""
        if not self.file:
            return ""
        try:
            return await read_file(self.file)
        except FileNotFoundError as error:
            columns = self.output.startswith(CUSTOM_COLUMNS)
            what, end = ("template", "\n") if columns else ("--template", "")
            said = f"error reading {what} {self.file}, open {self.file}: no such file or directory{end}"
            raise ValueError(said) from error

    def to_printer(self, file_text: str = "") -> Printer:
        """The printer; `file_text` is what is in `file`.

        Raises NoCompatiblePrinterError, and ValueError with upstream's words for the rest.
        """
        name, value = self._asked()
        if name in self.allowed and name in CUSTOM_COLUMNS:
            return self._custom_columns(name, value, file_text)
        if name in self.allowed and name in (*GO_TEMPLATE, *JSONPATH):
            return self._from_template(name, value, file_text)
        output = self.output or name
        printer = self._from_name(output.lower()) if output.lower() in ("", *self.allowed) else None
        if printer is None:
            raise NoCompatiblePrinterError(output, self.allowed)
        return printer

    def _from_name(self, name: str) -> Printer | None:
        if name in ("", "name"):
            return NamePrinter("" if name else self.operation)
        printers: dict[str, Printer] = {
            "json": JSONPrinter(typed=self.typed),
            "yaml": YAMLPrinter(),
            "kyaml": KYAMLPrinter(typed=self.typed),
        }
        printer = printers.get(name)
        if printer is None or self.show_managed_fields:
            return printer
        return OmitManagedFieldsPrinter(printer)

    def _asked(self) -> tuple[str, str]:
        """The name of a format, and what is said with it."""
        output = self.output or ("go-template" if self.template else "")
        if self.template:
            return output, self.template
        name, _, value = output.partition("=")
        return name, value

    def _from_template(self, name: str, value: str, file_text: str) -> Printer:
        if not value:
            raise ValueError("template format specified but no template given")
        if name.endswith("file"):
            value = file_text
        if name in JSONPATH:
            return self._jsonpath(name, value)
        try:
            return GoTemplatePrinter(
                value, allow_missing_keys=self.allow_missing_template_keys, typed=self.typed
            )
        except ValueError as error:
            raise ValueError(f"error parsing template {value}, {error}") from error

    def _jsonpath(self, name: str, value: str) -> Printer:
        try:
            return JSONPathPrinter(
                value,
                allow_missing=self.allow_missing_template_keys,
                as_json=name == "jsonpath-as-json",
                typed=self.typed,
            )
        except ValueError as error:
            raise ValueError(f"error parsing jsonpath {value}, {error}") from error

    def _custom_columns(self, name: str, value: str, file_text: str) -> Printer:
        if not value:
            raise ValueError("custom-columns format specified but no custom columns given")
        if name == "custom-columns":
            return customcolumns.from_spec(value, no_headers=self.no_headers)
        return customcolumns.from_template(file_text)
