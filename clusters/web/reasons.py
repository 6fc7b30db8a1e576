"""A reason why something is not as people expect it."""

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, and the lines that say more. `tone` is fail, work or quiet."""

    html: SafeString
    lines: tuple[SafeString, ...] = ()
    tone: str = "fail"


def plain(text: str) -> SafeString:
    """A text without marks of its own."""
    return format_html("{}", text)
