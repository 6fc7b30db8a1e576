"""Numbers, characters and texts as they are written in a template.

Models `newNumber` of text/template/parse's `node.go` and strconv's `Unquote`.
"""

import math
import re
from typing import Any, Final

from clusters.terminal.kubectl.printers.gofmt import fits_int64, quote
from clusters.terminal.kubectl.printers.jsonpath_parser import unquote_extend
from clusters.terminal.kubectl.printers.text_template.values import Int
from clusters.terminal.kubectl.printers.yaml_scalars import parse_int

_UNDERSCORES: Final = re.compile(r"__|_\Z|(?<![0-9a-fA-FxXoObB])_")
_FLOAT: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_HEX_FLOAT: Final = re.compile(
    r"[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+", re.ASCII
)


def number(text: str) -> Any:
    """An Int, float or complex. One that is no Int because it is too large stays a bare int.

    Raises ValueError with Go's words for what is no number.
    """
    if text[0] == "'":
        return _character(text)
    if text[-1] == "i":
        return _complex(text)
    plain = text.replace("_", "")
    if _UNDERSCORES.search(text):
        raise ValueError(f"illegal number syntax: {quote(text)}")
    if (whole := parse_int(plain)) is not None:
        return _whole(text, whole)
    value = _float(plain)
    if value is None:
        raise ValueError(f"illegal number syntax: {quote(text)}")
    if not any(char in text for char in ".eEpP"):
        raise ValueError(f"integer overflow: {quote(text)}")
    return value


def unquote(text: str) -> str:
    """A text without its quotation marks or backquotes. Raises ValueError with Go's words."""
    return text[1:-1].replace("\r", "") if text[0] == "`" else unquote_extend(text)


def _whole(text: str, whole: int) -> int:
    if fits_int64(whole):
        return Int(whole)
    if not 0 <= whole < 2**64 or text[0] in "+-":
        raise ValueError(f"integer overflow: {quote(text)}")
    return whole


def _character(text: str) -> Int:
    char = unquote_extend(text)
    if len(char) != 1:
        raise ValueError(f"malformed character constant: {text}" if char else "invalid syntax")
    return Int(ord(char))


def _complex(text: str) -> complex:
    try:
        return complex(text.replace("_", "").replace("i", "j"))
    except ValueError as error:
        raise ValueError(f"illegal number syntax: {quote(text)}") from error


def _float(text: str) -> float | None:
    try:
        if _HEX_FLOAT.fullmatch(text):
            return float.fromhex(text)
    except OverflowError:
        return None
    value = float(text) if _FLOAT.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None
