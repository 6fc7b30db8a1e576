"""Random values of JSON, with the texts that printers stumble over."""

from hypothesis import strategies as st

# Left out: what go-yaml refuses to read, U+FEFF, which it takes for the mark of an encoding, and characters
# that this Python does not know yet and Go may.
CHARACTERS = st.characters(
    exclude_categories=("Cs", "Cn"), exclude_characters="\x7f\ufeff" + "".join(map(chr, range(0x80, 0xA0)))
).filter(lambda char: ord(char) & 0xFFFE != 0xFFFE)
PIECES = st.sampled_from(
    [" ", "  ", "\n", "\t", ": ", ":", " #", "- ", "'", '"', "\\", "0", "1", "9", "_", ".", "e", "+", "-",
     "?", "[", "}", "&", "*", "!", "|", ">", "%", "@", "`", "~", "<", "y", "no", "true", "null", "2024-01-02",
     "T10:00:00Z", "12:30", "0x1F", "0b1", ".inf", "word word word word ", "ohneleerzeichenohneleer",
     "é", "中", "\N{GRINNING FACE}", "\xa0", "\u2028", "\r", "\0", "\x1b"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["", "y", "~", "1_000", "0x_1", "2024-2-3", "2024-02-30", "2001-12-14t21:59:43.10-05:00",
     "2001-12-14 21:59:43.10", "190:20:30", "08", "-0b11", "0b-1", "1e400", "1.e3", "+.5", "...", "---", "=",
     "<<", "nUll", " a", "a ", "\n", "a\n", "a\n\n", "\n\na", "a \nb", "a\n b", "99999999999999999999",
     "18446744073709551615", "-9223372036854775809", "0xffffffffffffffff", "2024-01-01   10:10:10"]
)  # fmt: skip
TEXTS = WORDS | st.text(CHARACTERS) | st.lists(PIECES, max_size=30).map("".join)
NUMBERS = (
    st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e6, 1e20, 1e21, 1e-6, 9.99e-7, 1e-7, 0.1, 123456789.125])
)
SCALARS = TEXTS | NUMBERS | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
