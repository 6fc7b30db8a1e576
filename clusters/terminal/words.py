"""A line into words, as a shell reads it, and what is refused because it would need a shell.

Models the quoting of POSIX sh: '...', "..." and backslashes. Nothing is expanded: `*` is an asterisk.
"""

import re
import unicodedata
from typing import Final

from django.utils.translation import gettext as _

LONGEST: Final = 10 * 1024
"""Bytes of a line."""
PROMPT: Final = "$ "
"""Copied along with a command."""

_VARIABLE: Final = r"\$[A-Za-z_0-9{?$@*#!(-]"
_TOKEN: Final = re.compile(
    rf"""(?P<space>\s+)
    | (?P<comment>(?<!\S)\#.*)
    | '(?P<single>[^']*)'
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | \\(?P<escaped>.)
    | (?P<plain>(?:(?!{_VARIABLE})[^\s'"\\|;&<>`()\u2018-\u201f])+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_LIVE: Final = re.compile(rf"`|{_VARIABLE}")
"""What a shell expands between double quotes."""
_PLACEHOLDER: Final = re.compile(r"<[\w -]+>")
_DASHES: Final = "\u2013\u2014"


class RefusedError(ValueError):
    """A line that is not run. The text says why, in the reader's language."""


def words_of(line: str) -> list[str]:
    """The words of a line; [] if there is nothing in it to run. Raises RefusedError."""
    line = line.lstrip().rstrip("\r\n").removeprefix(PROMPT)
    _check(line)
    words: list[str] = []
    at, inside = 0, False
    while at < len(line):
        token = _TOKEN.match(line, at)
        if token is None:
            raise RefusedError(_reason(line, at))
        if not inside and token["space"] is None and token["comment"] is None:
            words.append("")
        inside = token["space"] is None
        if inside and token["comment"] is None:
            words[-1] += _text(token)
        at = token.end()
    return words


def _check(line: str) -> None:
    size = len(line.encode("utf-8", "replace"))
    if size > LONGEST:
        said = _("This line has %(size)d KB. A line may have %(limit)d KB: put long texts into a file.")
        raise RefusedError(said % {"size": size // 1024, "limit": LONGEST // 1024})
    if "\n" in line or "\r" in line:
        raise RefusedError(_("One line at a time, please."))
    if any(unicodedata.category(c) in ("Cc", "Cs") and c != "\t" for c in line):
        raise RefusedError(_("There are control characters in this line. Please type it again."))


def _text(token: re.Match[str]) -> str:
    if token["double"] is not None:
        return _double(token["double"])
    plain = token["plain"]
    if plain and plain[0] in _DASHES:
        said = _("%(dash)s is a dash. Options begin with hyphens, as in --all.")
        raise RefusedError(said % {"dash": plain[0]})
    return plain or token["single"] or token["escaped"] or ""


def _double(text: str) -> str:
    live = _LIVE.search(_ESCAPE.sub("", text))
    if live is not None:
        raise RefusedError(_reason(live[0], 0))
    return _ESCAPE.sub(lambda found: found[1] if found[1] in '\\"$`' else found[0], text)


def _reason(line: str, at: int) -> str:
    """Why the character there cannot be."""
    rest = line[at:]
    placeholder = _PLACEHOLDER.match(rest)
    if placeholder is not None:
        return _("Write a real name in place of %(text)s.") % {"text": placeholder[0]}
    if rest.startswith("$") and not rest.startswith("$("):
        return _("This terminal has no variables. Single quotes keep a $ as it is: '$HOME'.")
    return {
        "'": _("A quote is opened and never closed."),
        '"': _("A quote is opened and never closed."),
        "\\": _("The line goes on after its backslash. Please write it as one line."),
        "|": _("This terminal has no pipes: one command a line, nothing between them."),
        ";": _("One command a line, please."),
        "&": _("One command a line, please, and none in the background."),
        ">": _("Output goes to this terminal only. `edit NAME` writes a file."),
        "<": _("Commands read no other files this way. `edit NAME` writes a file, and -f NAME reads it."),
        "`": _("A command inside of a command is not run here. Run it first, and copy what it prints."),
        "$": _("A command inside of a command is not run here. Run it first, and copy what it prints."),
        "(": _("To a shell, parentheses have a meaning. Put the word into single quotes."),
        ")": _("To a shell, parentheses have a meaning. Put the word into single quotes."),
    }.get(rest[0]) or _("%(quote)s is no quote for a shell. Type ' or \" in its place.") % {"quote": rest[0]}
