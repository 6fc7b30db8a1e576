"""How wide a text will be, planned on the server, which never sees a pixel.

No font is shipped, so widths are those of a typical sans-serif UI font; `planned` adds a tenth for fonts
that run wider. Monospaced text is 0.6 em a character in every font we name. A CJK character is 1 em.
"""

from typing import Final

NARROW: Final = frozenset("iljI.,:;'|!·")
SLIM: Final = frozenset("ftr()/- ")
BROAD: Final = frozenset("mwMW@%…→")
FIRST_WIDE_SCRIPT: Final = 0x1100
"""Hangul, Han and Kana start here; everything before is as narrow as Latin."""


def _em(character: str) -> float:
    if ord(character) >= FIRST_WIDE_SCRIPT and character not in BROAD:
        return 1.0
    if character in NARROW:
        return 0.27
    if character in SLIM:
        return 0.36
    if character in BROAD:
        return 0.88
    return 0.68 if character.isupper() else 0.59


EMS: Final = {chr(code): _em(chr(code)) for code in range(32, 127)}


def text_width(text: str, size: float, *, mono: bool = False) -> float:
    """The likely width in px of a text of `size` px."""
    if mono and text.isascii():
        return len(text) * 0.6 * size
    return size * sum(EMS.get(character) or _em(character) for character in text)


def planned(text: str, size: float, *, mono: bool = False) -> float:
    """The room in px to give a text, so that it also fits in a wider font."""
    return text_width(text, size, mono=mono) * (1.0 if mono else 1.1)


def fit(text: str, width: float, size: float, *, mono: bool = False) -> str:
    """The text, or its beginning and an ellipsis, within `width` px."""
    if text_width(text, size, mono=mono) <= width:
        return text
    kept = text
    while kept and text_width(kept + "…", size, mono=mono) > width:
        kept = kept[:-1]
    return kept.rstrip(" ·") + "…"


SUFFIX: Final = 6
"""A generated name ends in a dash and five characters that tell it from its siblings."""


def fit_name(name: str, width: float, size: float) -> str:
    """An object's name in monospaced type: the middle goes, the generated suffix stays."""
    room = int(width / (0.6 * size))
    if len(name) <= room:
        return name
    head = room - SUFFIX - 1
    if head < 1:
        return "…" + name[-max(1, room - 1) :]
    return f"{name[:head]}…{name[-SUFFIX:]}"


def wrap(text: str, width: float, size: float, most: int) -> list[str]:
    """The text in at most `most` lines of `width` px; the last one may end in an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        elif len(lines) < most:
            lines.append(word)
        else:
            lines[-1] = fit(f"{lines[-1]} {word}…", width, size)
            break
    return lines
