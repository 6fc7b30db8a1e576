"""Go's templates: what stands between `{{` and `}}`.

Models text/template of Go 1.26 for the maps, lists, texts and numbers that JSON holds: no structs, methods,
channels or functions in the data.
"""

from clusters.terminal.kubectl.printers.text_template.execute import execute
from clusters.terminal.kubectl.printers.text_template.parse import TemplateError, parse

__all__ = ["TemplateError", "execute", "parse"]
