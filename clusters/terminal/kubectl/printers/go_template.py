"""`-o go-template=...`.

Models cli-runtime's `pkg/printers/template.go`.
"""

from typing import Any

from clusters.terminal.kubectl.printers.gofmt import as_decoded, fits_int64, quote, sprint
from clusters.terminal.kubectl.printers.interface import Object, WatchEvent, Write, as_object
from clusters.terminal.kubectl.printers.json_text import compact_json
from clusters.terminal.kubectl.printers.text_template import TemplateError, execute, parse

_NAME = "output"


class GoTemplatePrinter:
    """Applies a template. Raises TemplateError for one that cannot be read.

    `typed` objects are what kubectl made itself: their JSON is shown with its keys in the dict's order.
    """

    def __init__(self, template: str, *, allow_missing_keys: bool = True, typed: bool = False) -> None:
        self._template = template
        self._blocks = parse(_NAME, template)
        self._allow_missing_keys = allow_missing_keys
        self._typed = typed

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes what the template makes of an object; the reason, too, why it could not go on.

        Raises ValueError with upstream's words.
        """
        data = _decoded(as_object(obj))
        try:
            execute(
                _NAME,
                self._template,
                self._blocks,
                data,
                write,
                allow_missing_keys=self._allow_missing_keys,
            )
        except TemplateError as error:
            raw = compact_json(data, sort_keys=not self._typed)
            write(
                f"Error executing template: {error}. Printing more information for debugging the template:\n"
                f"\ttemplate was:\n\t\t{self._template}\n"
                f"\traw data was:\n\t\t{raw}\n"
                f"\tobject given to template engine was:\n\t\t{sprint(data)}\n\n"
            )
            raise ValueError(f"error executing template {quote(self._template)}: {error}") from error


def _decoded(value: Any) -> Any:
    """A value as upstream reads it back from its JSON: a float without a fraction is an int64."""
    if isinstance(value, dict):
        return {key: _decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, float) and value.is_integer() and fits_int64(int(value)):
        return int(value)
    return as_decoded(value) if type(value) is int else value
