"""Base64 as Go reads it: line ends between the characters are skipped, the first wrong one is named.

Models `encoding/base64`'s StdEncoding, which decides what the bytes of a Secret may look like.
"""

import base64
import string
from typing import Final

_ALPHABET: Final = frozenset(string.ascii_letters + string.digits + "+/")
_QUANTUM: Final = 4


def decode(text: str) -> bytes:
    """The bytes. Raises ValueError with Go's words: `illegal base64 data at input byte 4`."""
    places = [place for place, character in enumerate(text) if character not in "\r\n"]
    wrong = _first_wrong(text, places)
    if wrong is not None:
        raise ValueError(f"illegal base64 data at input byte {len(text[:wrong].encode())}")
    return base64.b64decode("".join(text[place] for place in places))


def encode(content: bytes) -> str:
    """The text that Go writes for the bytes."""
    return base64.b64encode(content).decode()


def _first_wrong(text: str, places: list[int]) -> int | None:
    """Where the first character is that cannot be there; None if the text is right."""
    for count, place in enumerate(places):
        if text[place] in _ALPHABET:
            continue
        inside = count % _QUANTUM
        if text[place] != "=" or inside < 2:
            return place
        return _wrong_padding(text, places[count:], inside)
    # An unfinished group is wrong from its beginning.
    rest = len(places) % _QUANTUM
    return len(text) - rest if rest else None


def _wrong_padding(text: str, places: list[int], inside: int) -> int | None:
    wanted = _QUANTUM - inside
    for place in places[1:wanted]:
        if text[place] != "=":
            # Go names the padding before it.
            return place - 1
    if len(places) < wanted:
        return len(text)
    return places[wanted] if len(places) > wanted else None
