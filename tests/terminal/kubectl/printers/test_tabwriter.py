"""Columns, as text/tabwriter aligns them."""

from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.kubectl.printers.tabwriter import TabWriter, new_tab_writer

CELLS = st.text("ab é中", max_size=6)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


def aligned(text, **options):
    pieces = []
    writer = TabWriter(pieces.append, **options)
    writer.write(text)
    writer.flush()
    return "".join(pieces)


def test_a_column_is_a_block_of_lines():
    text = "a\tb\tc\naaaa\tbb\tc\n\nx\ty\n"
    assert aligned(text, padding=1) == "a    b  c\naaaa bb c\n\nx y\n"


def test_the_last_cell_of_a_line_belongs_to_no_column():
    assert aligned("a\tlong text\nb\tx\ty\n", padding=1) == "a long text\nb x y\n"


def test_an_empty_cell_keeps_its_place():
    assert aligned("a\t\tb\n\t\tc\n", padding=2) == "a    b\n     c\n"


def test_a_column_has_a_least_width():
    assert aligned("a\tb\n", minwidth=6, padding=3) == "a     b\n"


def test_a_line_without_an_end_stays_so():
    assert aligned("a\tb") == "ab"


def test_widths_are_remembered_until_they_are_forgotten():
    pieces = []
    writer = new_tab_writer(pieces.append)
    for text in ("a long cell\tx\n", "a\tx\n"):
        writer.write(text)
        writer.flush()
    writer.forget_widths()
    writer("a\tx\n")
    writer.flush()
    assert pieces == ["a long cell   x\n", "a             x\n", "a     x\n"]


@given(TABLES)
def test_cells_of_a_column_begin_below_each_other(table):
    text = "".join("\t".join(row) + "\n" for row in table)
    lines = aligned(text, padding=2).split("\n")
    start = 0
    for column in range(len(table[0])):
        for row, line in zip(table, lines, strict=False):
            assert line[start:].startswith(row[column])
        start += max(len(row[column]) for row in table) + 2


def test_there_may_be_thousands_of_columns():
    assert (
        aligned("a\t" * 5_000 + "\nbb\t" + "b\t" * 4_999 + "\n")
        == "a " + "a" * 4_999 + "\nbb" + "b" * 4_999 + "\n"
    )
