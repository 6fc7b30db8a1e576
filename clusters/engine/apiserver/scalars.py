"""What an unquoted word of YAML means.

Models the `resolve.go` of the go-yaml version behind `sigs.k8s.io/yaml`: YAML 1.1 with its `yes` and
`on`, but times of day and dates stay texts.
"""

import math
import re
from typing import Final

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_INTEGER: Final = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LONGEST_NUMBER: Final = 400


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar. Raises ValueError for a number that JSON cannot hold."""
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"json: unsupported value: {text}")
    digits = text.replace("_", "")
    if len(digits) > _LONGEST_NUMBER or text.startswith("_"):
        return text
    if _INTEGER.fullmatch(digits):
        number = _integer(digits)
        return number if -(2**63) <= number < 2**64 else _float(number, text)
    if _FLOAT.fullmatch(digits):
        return _float(digits, text)
    return text


def _float(number: int | str, text: str) -> float:
    try:
        amount = float(number)
    except OverflowError:  # which only integers raise; texts become infinite
        amount = math.inf
    if math.isinf(amount):
        raise ValueError(f"json: unsupported value: {text}")
    return amount


def _integer(digits: str) -> int:
    body = digits.lstrip("+-").lower()
    if len(body) > 1 and body[0] == "0" and body[1].isdigit():
        body = f"0o{body}"
    return int(body, 0) * (-1 if digits.startswith("-") else 1)
