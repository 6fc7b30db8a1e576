"""JSON as encoding/json writes it.

Models `MarshalIndent` and `Marshal` of encoding/json, and cli-runtime's `pkg/printers/json.go`: what browsers
would read as HTML is escaped, and floats have no needless digits.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from clusters.terminal.kubectl.printers.gofmt import SHORTEST_EXPONENT, as_decoded, float_text

_INDENT: Final = "    "
_ESCAPES: Final = str.maketrans(
    {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
)
_LITERALS: Final = {None: "null", True: "true", False: "false"}


def json_text(value: Any, *, sort_keys: bool = True) -> str:
    """A value with four spaces for each level, as `-o json` shows it, and a line break at the end.

    Objects from the API are maps upstream and come with sorted keys. Objects that kubectl made itself are
    structs: their keys stay in the order of the dict with `sort_keys=False`.
    """
    parts: list[str] = []
    _write(value, "\n", sort_keys, parts.append)
    parts.append("\n")
    return "".join(parts)


def compact_json(value: Any, *, sort_keys: bool = True) -> str:
    """A value on one line without spaces."""
    if isinstance(value, dict):
        keys = sorted(value) if sort_keys else value
        pairs = (f"{string_text(key)}:{compact_json(value[key], sort_keys=sort_keys)}" for key in keys)
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{','.join(compact_json(item, sort_keys=sort_keys) for item in value)}]"
    return scalar_text(value)


def string_text(text: str) -> str:
    """A text in its quotation marks."""
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPES)


def scalar_text(value: Any) -> str:
    """A text, a number, true, false or null."""
    if isinstance(value, str):
        return string_text(value)
    if value is None or isinstance(value, bool):
        return _LITERALS[value]
    number = as_decoded(value) if isinstance(value, int) else value
    return str(number) if isinstance(number, int) else _float(number)


def _float(number: float) -> str:
    text = float_text(number, SHORTEST_EXPONENT, -6)
    mantissa, e, exponent = text.partition("e-0")
    return f"{mantissa}e-{exponent}" if e else text


def _write(value: Any, line: str, sort_keys: bool, write: Callable[[str], None]) -> None:
    """Writes a value; `line` is a line break with the indentation of where it stands."""
    if not value or not isinstance(value, dict | list):
        write("{}" if isinstance(value, dict) else "[]" if isinstance(value, list) else scalar_text(value))
        return
    inner = line + _INDENT
    before = inner
    if isinstance(value, dict):
        write("{")
        for key in sorted(value) if sort_keys else value:
            write(f"{before}{string_text(key)}: ")
            _write(value[key], inner, sort_keys, write)
            before = "," + inner
        write(line + "}")
        return
    write("[")
    for item in value:
        write(before)
        _write(item, inner, sort_keys, write)
        before = "," + inner
    write(line + "]")
