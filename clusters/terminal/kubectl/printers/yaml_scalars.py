"""Which texts YAML 1.1 would read as something else, and in which quotes go-yaml puts a text.

Models `resolve` (resolve.go), `stringv` (encode.go) and the analysis and choice of a style in emitterc.go of
go.yaml.in/yaml/v2. Left out: tags, anchors and YAML's own flow style.
"""

import calendar
import math
import re
from enum import Enum
from functools import lru_cache
from typing import Final

BREAK: Final = "\n\r\x85\u2028\u2029"
LONGEST_SIMPLE_KEY: Final = 128
"""Bytes; a longer key, or one of several lines, gets a question mark before it."""
UNPRINTABLE: Final = "[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
"""What the emitter escapes: control characters and, by an oversight of libyaml's port, all beyond U+FFFF."""

_WORDS: Final = re.compile(
    r"y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF"
    r"|~|null|Null|NULL|\.nan|\.NaN|\.NAN|[-+]?(\.inf|\.Inf|\.INF)"
)
_INTEGER: Final = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)"
    r"|(?P<dec>0|[1-9][0-9]*))"
)
_BINARY: Final = re.compile(r"(?P<sign>-?)0b(?P<inner>[-+]?)(?P<bin>[01]+)")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DOT_FLOAT: Final = re.compile(r"\.[0-9]+([eE][-+]?[0-9]+)?")
BASE60: Final = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_TIMESTAMP: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:(?P<between>[tT]| +)(?P<hour>\d{1,2}):(?P<minute>\d{1,2}):(?P<second>\d{1,2})(?:[.,]\d+)?"
    r"(?P<zone>Z|[-+](?P<zone_hour>\d\d):(?P<zone_minute>\d\d))?)? *",
    re.ASCII,
)
_BASES: Final = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}

_INDICATORS: Final = re.compile(
    r"""---|\.\.\.|[#,\[\]{}&*!|>'"%@`]|[?-](?:[ \t]|\Z)"""
    r"""|.*?(?::(?:[ \t]|\Z)|[ \t\0\n\r\x85\u2028\u2029]\#)""",
    re.DOTALL,
)
_BREAKS: Final = re.compile(f"[{BREAK}]")
_SPECIAL: Final = re.compile(UNPRINTABLE)
_BREAK_SPACE: Final = re.compile(f"[{BREAK}] ")
_SPACE_BREAK: Final = re.compile(f" [{BREAK}]")
_FORBIDDEN: Final = re.compile("[\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
_NEXT_LINE: Final = re.compile("[ \t]*\x85[ \t\x85]*")


class Style(Enum):
    PLAIN = 1
    SINGLE_QUOTED = 2
    DOUBLE_QUOTED = 3
    LITERAL = 4


@lru_cache(maxsize=4096)
def style_of(text: str, simple_key: bool) -> Style:
    """The style in which the emitter writes a text. A simple key stands on one line with its colon."""
    special = bool(_SPECIAL.search(text) or _SPACE_BREAK.search(text))
    breaks = bool(_BREAKS.search(text))
    if "\n" in text:
        literal = not (special or simple_key or text.endswith(" "))
        return Style.LITERAL if literal else Style.DOUBLE_QUOTED
    if reads_as_other(text) or (simple_key and breaks) or special or _BREAK_SPACE.search(text):
        return Style.DOUBLE_QUOTED
    if breaks or text[0] == " " or text[-1] == " " or _INDICATORS.match(text):
        return Style.SINGLE_QUOTED
    return Style.PLAIN


def is_simple_key(text: str) -> bool:
    """Whether a key is written before its colon on one line."""
    return len(text.encode()) <= LONGEST_SIMPLE_KEY and not _BREAKS.search(text)


def as_read(text: str) -> str:
    """A text as go-yaml reads it from JSON, where U+0085 is a line break inside quotes and folded.

    Raises ValueError for characters that its reader refuses.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    if _FORBIDDEN.search(text):
        raise ValueError("yaml: control characters are not allowed")
    return _NEXT_LINE.sub(lambda found: "\n" * (found[0].count("\x85") - 1) or " ", text)


def reads_as_other(text: str) -> bool:
    """Whether a text without quotes is read as a number, a time, true, false or null.

    >>> [text for text in ("1e3", "12:30", "0x1g", "no", "2024-02-30", "2024-02-29") if reads_as_other(text)]
    ['1e3', '12:30', 'no', '2024-02-29']
    """
    if not text or _WORDS.fullmatch(text):
        return True
    if text[0] == ".":
        return is_finite_float(text, _DOT_FLOAT)
    if text[0] not in "+-0123456789":
        return False
    plain = text.replace("_", "")
    return bool(is_timestamp(text) or _is_integer(plain) or is_finite_float(plain) or BASE60.fullmatch(text))


def is_finite_float(text: str, pattern: re.Pattern[str] = _FLOAT) -> bool:
    """Whether a text is a decimal float that fits a float64."""
    return bool(pattern.fullmatch(text)) and math.isfinite(float(text))


def parse_int(text: str) -> int | None:
    """The number that a text is in Go's syntax, however large: `12`, `-0x1f`, `0b11`, `0o17`, `017`."""
    found = _INTEGER.fullmatch(text)
    if found is None:
        return None
    base = found.lastgroup or "dec"
    number = _number(found[base], _BASES[base])
    return -number if found["sign"] == "-" else number


def _is_integer(text: str) -> bool:
    """Whether the text fits an int64, or a uint64 if it has no sign."""
    number = parse_int(text)
    largest = 2**64
    if number is None:
        found = _BINARY.fullmatch(text)
        if found is None or (found["sign"] and found["inner"]):
            return False
        number = _number(found["bin"], 2) * (-1 if found["inner"] == "-" else 1)
        largest = 2**63 if found["inner"] == "+" else 2**64
    elif text[0] == "+":
        largest = 2**63
    return -(2**63) <= number < largest


def _number(digits: str, base: int) -> int:
    digits = digits.lstrip("0") or "0"
    return int(digits, base) if len(digits) <= 64 else 2**64


def is_timestamp(text: str) -> bool:
    """Whether a text is a date, or a date and time, that go-yaml would read as such."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None or not 1 <= int(found["month"]) <= 12:
        return False
    year, month, day = int(found["year"]), int(found["month"]), int(found["day"])
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return False
    between, zone = found["between"], found["zone"]
    if between is None:
        return not text.endswith(" ")
    if (between in "tT") != bool(zone) or text.endswith(" "):
        return False
    if zone and zone != "Z" and (int(found["zone_hour"]) > 24 or int(found["zone_minute"]) > 60):
        return False
    return int(found["hour"]) < 24 and int(found["minute"]) < 60 and int(found["second"]) < 60
