"""Resource quantities such as `500m`, `1Gi` or `2`.

Models apimachinery's `pkg/api/resource/quantity.go`: reading and the canonical form. Left out: exponents
beyond what fits a Decimal, texts of more than LONGEST characters, and arithmetic, which the engine does on
plain integers.
"""

import re
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Any, Final

_SUFFIXES: Final = {
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))},
    **{
        suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)
    },
    "m": Decimal("0.001"),
    "u": Decimal("0.000001"),
    "n": Decimal("0.000000001"),
}
_QUANTITY: Final = re.compile(
    r"(?P<number>[+-]?(\d+(\.\d*)?|\.\d+))(?P<suffix>[eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]?)", re.ASCII
)
_NO_QUANTITY: Final = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
LONGEST: Final = 1_000
"""Characters: Decimals are made of what comes from outside, and the last ones are remembered."""


@lru_cache(maxsize=1024)
def _parse(text: str) -> Decimal:
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(_NO_QUANTITY)
    number, suffix = found["number"], found["suffix"]
    if suffix not in _SUFFIXES:
        return Decimal(number + suffix)
    return Decimal(number) * _SUFFIXES[suffix]


def parse_quantity(value: Any) -> Decimal:
    """The exact amount. Takes the text or a bare number, as manifests have both.

    Raises ValueError with Kubernetes' own words for a text that is no quantity.
    """
    text = str(value).strip()
    if len(text) > LONGEST:
        raise ValueError(_NO_QUANTITY)
    return _parse(text)


def milli(value: Any) -> int:
    """The amount in thousandths, rounded up: `500m` is 500 (CPU)."""
    return _rounded_up(parse_quantity(value) * 1000)


def whole(value: Any) -> int:
    """The amount in units, rounded up: `1Ki` is 1024 (bytes, pods)."""
    return _rounded_up(parse_quantity(value))


def _rounded_up(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_CEILING))
