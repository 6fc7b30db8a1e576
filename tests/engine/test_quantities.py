"""What quantities mean."""

from decimal import Decimal

import pytest

from clusters.engine.quantities import milli, parse_quantity, whole


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("2", 2),
        (2, 2),
        (0.5, Decimal("0.5")),
        ("500m", Decimal("0.5")),
        ("1.5", Decimal("1.5")),
        (".5", Decimal("0.5")),
        ("1k", 1000),
        ("1Ki", 1024),
        ("1.5Gi", 1536 * 1024**2),
        ("3M", 3_000_000),
        ("1Ei", 1024**6),
        ("2E", 2 * 10**18),
        ("1e3", 1000),
        ("12E-1", Decimal("1.2")),
        ("-1", -1),
        ("250u", Decimal("0.00025")),
        ("7n", Decimal("0.000000007")),
        (" 64Mi ", 64 * 1024**2),
    ],
)
def test_the_exact_amount(text, amount):
    assert parse_quantity(text) == amount


@pytest.mark.parametrize(
    "text", ["", "abc", "1Kb", "1 Gi", "1K", "m", "1.2.3", "--1", "1ki", "\u0663", "1\n2", "1" * 1001]
)
def test_what_is_no_quantity(text):
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("text", "thousandths"), [("500m", 500), ("2", 2000), ("0.1", 100), ("1u", 1), (0, 0)]
)
def test_cpu_counts_in_thousandths_rounded_up(text, thousandths):
    assert milli(text) == thousandths


@pytest.mark.parametrize(("text", "units"), [("1Ki", 1024), ("1500m", 2), ("110", 110), ("0", 0)])
def test_memory_counts_in_bytes_rounded_up(text, units):
    assert whole(text) == units


def test_a_very_long_text_is_refused_at_once():
    with pytest.raises(ValueError, match="regular expression"):
        parse_quantity("1" * 3_000_000 + "x")
