"""How names are made that nobody chose.

Models apiserver's `pkg/storage/names/generate.go` and apimachinery's `pkg/util/rand`.
"""

from typing import Final

from clusters.engine.store import Overlay

_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
"""No vowels and no digits that look like letters, so that no suffix is a word."""
_SUFFIX_LENGTH: Final = 5
_BASE_LENGTH: Final = 63 - _SUFFIX_LENGTH


def generate(store: Overlay, base: str, attempt: int = 0) -> str:
    """`base` with a random suffix. A retry of the same write draws the same; each attempt another."""
    number = int(store.unique(f"name/{base}/{attempt}", 16), 16)
    suffix = ""
    for _ in range(_SUFFIX_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        suffix += _ALPHABET[digit]
    return base[:_BASE_LENGTH] + suffix


def safe_encode(text: str) -> str:
    """The text in the characters of generated names: one for each, so that no word comes out."""
    return "".join(_ALPHABET[ord(character) % len(_ALPHABET)] for character in text)
