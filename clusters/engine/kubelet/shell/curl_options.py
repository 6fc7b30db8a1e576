"""The command line of curl: the part of it that people use to look at a Service."""

import re
from dataclasses import dataclass, field
from typing import Final

_SECONDS: Final = re.compile(r"\d{1,7}(\.\d+)?", re.ASCII)


@dataclass
class CurlOptions:
    """The options of one call of curl."""

    flags: set[str] = field(default_factory=set)
    urls: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    method: str = ""
    data: str | None = None
    outputs: list[str] = field(default_factory=list)
    write_out: str = ""
    agent: str = ""
    timeouts: dict[str, float] = field(default_factory=dict)


_LONG: Final = {
    "--silent": "s",
    "--show-error": "S",
    "--include": "i",
    "--head": "I",
    "--verbose": "v",
    "--insecure": "k",
    "--location": "L",
    "--fail": "f",
    "--request": "X",
    "--header": "H",
    "--data": "d",
    "--output": "o",
    "--write-out": "w",
    "--max-time": "m",
    "--user-agent": "A",
    "--user": "u",
    "--version": "V",
    "--url": "url",
    "--connect-timeout": "connect-timeout",
    "--retry": "retry",
    "--no-progress-meter": "s",
    "--ipv4": "4",
    "--http1.1": "1",
    "--noproxy": "noproxy",
}
_VALUED: Final = frozenset("XHdowmAu") | {"url", "connect-timeout", "retry", "noproxy"}
_PLAIN: Final = frozenset("sSiIvkLfV4N0g1#")
_NOT_SIMULATED: Final = frozenset("236aBbCcDEeFGhJjKlMnOPpQqRrTtUxYyZz:") | frozenset(
    (
        *("--cacert", "--cert", "--compressed", "--config", "--continue-at", "--cookie", "--cookie-jar"),
        *("--data-ascii", "--data-binary", "--data-raw", "--data-urlencode", "--digest", "--dump-header"),
        *("--fail-early", "--fail-with-body", "--form", "--get", "--globoff", "--help", "--http2", "--http3"),
        *("--interface", "--ipv6", "--json", "--junk-session-cookies", "--key", "--limit-rate", "--manual"),
        *("--max-redirs", "--netrc", "--next", "--no-buffer", "--no-keepalive", "--output-dir", "--parallel"),
        *("--post301", "--progress-bar", "--proxy", "--range", "--rate", "--referer", "--remote-name"),
        *("--remote-header-name", "--resolve", "--retry-all-errors", "--retry-connrefused", "--retry-delay"),
        *("--retry-max-time", "--speed-limit", "--speed-time", "--stderr", "--tlsv1.2", "--tlsv1.3"),
        *("--trace", "--trace-ascii", "--unix-socket", "--upload-file", "--variable"),
    )
)
"""Options that the real curl has."""


class UsageError(Exception):
    """The option is wrong, in curl's words."""


def curl_options(arguments: list[str]) -> CurlOptions:
    options, words = CurlOptions(), list(arguments)
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            name, equals, _value = word.partition("=")
            if name not in _LONG or equals:
                raise _no_option(word, word)
            _take(options, _LONG[name], name, words)
        elif word.startswith("-") and len(word) > 1:
            _letters(options, word, words)
        else:
            options.urls.append(word)
    return options


def _letters(options: CurlOptions, word: str, words: list[str]) -> None:
    """`-sSo /dev/null`: the last may have its value behind it."""
    for index, letter in enumerate(word[1:], 1):
        if letter not in _PLAIN and letter not in _VALUED:
            raise _no_option(word, letter)
        rest = word[index + 1 :]
        if letter in _VALUED and rest:
            _take(options, letter, word, [rest])
            return
        _take(options, letter, f"-{letter}", words)


def _no_option(word: str, option: str) -> UsageError:
    return UsageError(f"option {word}: is {'not simulated' if option in _NOT_SIMULATED else 'unknown'}")


def _take(options: CurlOptions, option: str, name: str, words: list[str]) -> None:
    if option not in _VALUED:
        options.flags.add(option)
        return
    if not words:
        raise UsageError(f"option {name}: requires parameter")
    value = words.pop(0)
    if option in ("m", "connect-timeout"):
        if not _SECONDS.fullmatch(value):
            raise UsageError(f"option {name}: expected a proper numerical parameter")
        options.timeouts[option] = float(value)
    elif option == "H":
        header, _, content = value.partition(":")
        options.headers.append((header.strip(), content.strip()))
    elif option in ("url", "o"):
        (options.urls if option == "url" else options.outputs).append(value)
    else:
        field_ = {"X": "method", "d": "data", "w": "write_out", "A": "agent"}.get(option)
        if field_:
            setattr(options, field_, value)
