"""What was meant by a command that was typed while the keyboard wrote Korean.

The Korean keyboard (two sets, KS X 5002) has a letter on each key, and an input method joins them into
syllables: whoever types `kubectl` gets ㅏㅕㅠㄷㅊ시.
"""

import unicodedata
from typing import Final

_LEADS: Final = "rRseEfaqQtTdwWczxvg"
_VOWELS: Final = (
    "k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m",
    "ml", "l",
)  # fmt: skip
_TAILS: Final = (
    "", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "qt",
    "t", "T", "d", "w", "c", "z", "x", "v", "g",
)  # fmt: skip
"""Keys by the numbers of jamo in Unicode's syllables."""
_LETTERS: Final = (
    "r", "R", "rt", "s", "sw", "sg", "e", "E", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "Q",
    "qt", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g", *_VOWELS,
)  # fmt: skip
"""Keys of the letters from ㄱ (U+3131) to ㅣ (U+3163)."""
_FIRST_LETTER: Final = 0x3131
_FIRST_SYLLABLE: Final = 0xAC00


def has_stray_letters(text: str) -> bool:
    """Whether there are Korean letters that are part of no syllable: Korean words have none."""
    return any(0 <= ord(c) - _FIRST_LETTER < len(_LETTERS) for c in unicodedata.normalize("NFC", text))


def latin_keys(text: str) -> str:
    """The same keys without the Korean keyboard: ㅎㄷㅅ ㅔㅐㅇㄴ is `get pods`."""
    return "".join(_keys(c) for c in unicodedata.normalize("NFC", text))


def _keys(character: str) -> str:
    letter = ord(character) - _FIRST_LETTER
    if 0 <= letter < len(_LETTERS):
        return _LETTERS[letter]
    syllable = ord(character) - _FIRST_SYLLABLE
    if 0 <= syllable < len(_LEADS) * len(_VOWELS) * len(_TAILS):
        rest, tail = divmod(syllable, len(_TAILS))
        lead, vowel = divmod(rest, len(_VOWELS))
        return _LEADS[lead] + _VOWELS[vowel] + _TAILS[tail]
    return character
