"""An object as `-o kyaml` shows it: YAML in braces, with quotation marks wherever there could be a doubt.

Models sigs.k8s.io/yaml's `kyaml/kyaml.go` for what JSON holds. Left out: comments and the compact form.
"""

import re
from typing import Any, Final

from clusters.terminal.kubectl.printers.gofmt import fits_int64
from clusters.terminal.kubectl.printers.json_text import scalar_text
from clusters.terminal.kubectl.printers.yaml_scalars import (
    BASE60,
    as_read,
    is_finite_float,
    is_timestamp,
    parse_int,
)

HEADER: Final = "---\n"

_FOLD: Final = "\\\n"
_INDENT: Final = "  "
_BARE: Final = re.compile(r"\w|\w[\w./-]*\w")
_WORDS: Final = re.compile(r"null|~|true|y|yes|on|t|false|n|no|off|f|inf|infinity|nan", re.IGNORECASE)
_HEX_FLOAT: Final = re.compile(r"[+-]?0x[0-9a-f]*\.?[0-9a-f]*p[+-]?[0-9]+", re.IGNORECASE)
_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\r": "\\r",
    "\v": "\\v",
    "\0": "\\0",
    "\x1b": "\\e",
    "\x85": "\\N",
    "\xa0": "\\_",
    "\u2028": "\\L",
    "\u2029": "\\P",
}


def kyaml_text(value: Any, *, sort_keys: bool = True) -> str:
    """A JSON-shaped value as a document of KYAML, with its header and a line break at the end."""
    return f"{HEADER}{_node(value, 0, sort_keys)}\n"


def _node(value: Any, level: int, sort_keys: bool) -> str:
    if isinstance(value, dict):
        return _mapping(value, level, sort_keys)
    if isinstance(value, list):
        return _sequence(value, level, sort_keys)
    return _string(as_read(value), level + 1) if isinstance(value, str) else scalar_text(value)


def _mapping(value: dict[str, Any], level: int, sort_keys: bool) -> str:
    if not value:
        return "{}"
    inner = _INDENT * (level + 1)
    keys = sorted(value) if sort_keys else value
    lines = [f"{inner}{_key(as_read(key))}: {_node(value[key], level + 1, sort_keys)},\n" for key in keys]
    return f"{{\n{''.join(lines)}{_INDENT * level}}}"


def _sequence(value: list[Any], level: int, sort_keys: bool) -> str:
    if all(isinstance(item, dict | list) for item in value):
        return f"[{', '.join(_node(item, level, sort_keys) for item in value)}]"
    inner = _INDENT * (level + 1)
    lines = [f"{inner}{_node(item, level + 1, sort_keys)},\n" for item in value]
    return f"[\n{''.join(lines)}{_INDENT * level}]"


def _key(key: str) -> str:
    if _BARE.fullmatch(key) and not _is_ambiguous(key):
        return key
    return '"' + _escaped(key).replace("\n", "\\n").replace("\t", "\\t") + '"'


def _is_ambiguous(text: str) -> bool:
    """Whether some parser of YAML could read a text without quotes as something else."""
    plain = text.replace("_", "")
    number = parse_int(plain)
    return (
        bool(_WORDS.fullmatch(text))
        or (number is not None and fits_int64(number))
        or is_finite_float(plain)
        or is_timestamp(text)
        or bool(BASE60.fullmatch(text) or _HEX_FLOAT.fullmatch(plain))
    )


def _string(text: str, level: int) -> str:
    """A text; one of several lines gets a line for each, aligned with one another."""
    if "\n" not in text:
        return f'"{_escaped(text)}"'
    before = _INDENT * level
    *lines, last = text.split("\n")
    body = "".join(f"{_aligned(line, before)}\\n{_FOLD}" for line in lines)
    end = f"{_aligned(last, before)}{_FOLD}" if last else ""
    return f'"{_FOLD}{body}{end}{before}"'


def _aligned(line: str, before: str) -> str:
    """A line whose own spaces are kept, or one more where it has none, so that all are aligned."""
    mark = "\\" if line[:1].isspace() else " "
    return f"{before}{mark}{_escaped(line)}"


def _escaped(text: str) -> str:
    return "".join(map(_escape, text))


def _escape(char: str) -> str:
    if char in "\t\n" or (char.isprintable() and char not in '"\\'):
        return char
    if char in _ESCAPES:
        return _ESCAPES[char]
    number = ord(char)
    if number < 0x20 or number == 0x7F:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
