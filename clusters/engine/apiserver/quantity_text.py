"""The one way in which Kubernetes writes a quantity, however a person wrote it.

Models `CanonicalizeBytes` of apimachinery's `pkg/api/resource/quantity.go`: `1000m` is `1`, `1024Mi` is
`1Gi`, and what is larger than an int64 or smaller than a nano is cut to that.
"""

from decimal import ROUND_CEILING, Decimal
from typing import Final

from clusters.engine.quantities import parse_quantity

_LARGEST: Final = 2**63 - 1
_NANOS: Final = 10**9
_DECIMAL: Final = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def canonical(written: str | float) -> str:
    """The canonical text. Raises ValueError for what is no quantity."""
    text = str(written)
    try:
        amount = parse_quantity(text)
    except ArithmeticError as error:
        raise ValueError("unable to parse quantity's suffix") from error
    return _formatted(amount, binary=text.endswith("i"))


def plus(first: str, second: str) -> str:
    """The sum of two quantities, in powers of 1024 if the first one that is not 0 is written so.

    >>> plus("512Mi", "512Mi"), plus("0", "1Gi"), plus("500m", "1500m")
    ('1Gi', '1Gi', '2')
    """
    amounts = parse_quantity(first), parse_quantity(second)
    shown = first if amounts[0] else second
    return _formatted(sum(amounts, Decimal(0)), binary=shown.endswith("i"))


def _formatted(amount: Decimal, *, binary: bool) -> str:
    # Compared, not computed with: abs() of a number with a very large exponent overflows.
    if not -_LARGEST <= amount <= _LARGEST:
        return str(_LARGEST if amount > 0 else -_LARGEST)
    nanos = int((amount * _NANOS).to_integral_value(ROUND_CEILING)) if abs(amount) >= Decimal("1e-9") else 0
    if amount > 0 and nanos == 0:
        nanos = 1
    if binary and nanos % _NANOS == 0 and abs(nanos) >= 1024 * _NANOS:
        return _shortest(nanos // _NANOS, 1024, _BINARY)
    return _shortest(nanos, 1000, _DECIMAL)


def _shortest(number: int, step: int, suffixes: tuple[str, ...]) -> str:
    if number == 0:
        return "0"
    power = 0
    while power + 1 < len(suffixes) and number % step == 0:
        number //= step
        power += 1
    return f"{number}{suffixes[power]}"
