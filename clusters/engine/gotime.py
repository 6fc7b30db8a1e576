"""Times as Go's `time.Parse` reads them with the layout of RFC 3339, and what it says of those that are none.

Models `time/format.go` (ParseError). Left out: hours of one digit.
"""

import re
from typing import Final

from clusters.engine.clock import parse_rfc3339

_LAYOUT: Final = "2006-01-02T15:04:05Z07:00"
_PARTS: Final = tuple(
    (element, re.compile(pattern), within)
    for element, pattern, within in (
        ("2006", r"\d{4}", None),
        ("-", "-", None),
        ("01", r"\d\d", ("month", 1, 12)),
        ("-", "-", None),
        ("02", r"\d\d", None),
        ("T", "T", None),
        ("15", r"\d\d", ("hour", 0, 23)),
        (":", ":", None),
        ("04", r"\d\d", ("minute", 0, 59)),
        (":", ":", None),
        ("05", r"\d\d(?:[.,]\d+)?", ("second", 0, 59)),
        ("Z07:00", r"Z|[+-]\d\d:\d\d", None),
    )
)
"""The elements of the layout, what may stand there, and in which range."""
_TIME: Final = re.compile("".join(f"(?:{pattern.pattern})" for _, pattern, _ in _PARTS))


def parse_time(text: str) -> float:
    """The seconds since the epoch. Raises ValueError with Go's words."""
    if _TIME.fullmatch(text):
        try:
            return parse_rfc3339(text)
        except (ValueError, OverflowError):
            pass
    raise ValueError(parse_error(text))


def parse_error(text: str) -> str:
    """The error of a text that is no time.

    >>> parse_error("2026-01-31")
    'parsing time "2026-01-31" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'
    """
    rest = text
    for element, pattern, within in _PARTS:
        found = pattern.match(rest)
        if found is None:
            return f'parsing time "{text}" as "{_LAYOUT}": cannot parse "{rest}" as "{element}"'
        if within is not None:
            name, least, most = within
            if not least <= int(found[0][:2]) <= most:
                return f'parsing time "{text}": {name} out of range'
        rest = rest[found.end() :]
    return (
        f'parsing time "{text}": extra text: "{rest}"' if rest else f'parsing time "{text}": day out of range'
    )
