"""wget, as busybox has it and as GNU has it: two programs with one name.

Left out: progress bars, HTTPS, everything recursive.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from clusters.engine.kubelet.shell.effects import STDOUT, Change, Connect, Output, Run, Sleep, complain
from clusters.engine.kubelet.shell.files import absolute
from clusters.engine.kubelet.shell.machine import Call
from clusters.engine.kubelet.shell.urls import SYN_TIMEOUT, Url, look_up, parse_url, status_line
from clusters.engine.network import Answer, Outcome, Refused, Request, Response

_VALUED: Final = "OTtUPY"
_LONG: Final = {
    "--timeout": "T",
    "--output-document": "O",
    "--tries": "t",
    "--user-agent": "U",
    "--quiet": "q",
}
_SECONDS: Final = re.compile(r"\d{1,7}(\.\d+)?", re.ASCII)


@dataclass
class _Options:
    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    urls: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    wrong: str = ""

    @property
    def quiet(self) -> bool:
        return "q" in self.flags

    @property
    def patience(self) -> float:
        """Seconds until it gives up connecting, by itself or by the kernel."""
        given = self.values.get("T", "")
        return min(float(given), SYN_TIMEOUT) if _SECONDS.fullmatch(given) and float(given) else SYN_TIMEOUT


def _options(arguments: list[str]) -> _Options:
    options, words = _Options(), list(arguments)
    while words and not options.wrong:
        word = words.pop(0)
        if word.startswith("--"):
            _long(options, word, words)
        elif word.startswith("-") and len(word) > 1:
            _letters(options, word, words)
        else:
            options.urls.append(word)
    return options


def _long(options: _Options, word: str, words: list[str]) -> None:
    name, equals, value = word.partition("=")
    if name == "--header":
        header, _, text = (value if equals else (words or [""]).pop(0)).partition(":")
        options.headers.append((header.strip(), text.strip()))
    elif name in ("--spider", "--no-check-certificate", "--server-response", "--no-verbose"):
        options.flags.add(name)
    elif name in _LONG and _LONG[name] not in _VALUED:
        options.flags.add(_LONG[name])
    elif name in _LONG:
        options.values[_LONG[name]] = value if equals else (words or [""]).pop(0)
    else:
        options.wrong = f"unrecognized option: {name.lstrip('-')}"


def _letters(options: _Options, word: str, words: list[str]) -> None:
    """`-qO-`: the last may have its value behind it."""
    for index, letter in enumerate(word[1:], 1):
        if letter in _VALUED:
            rest = word[index + 1 :]
            if not rest and not words:
                options.wrong = f"option requires an argument: {letter}"
                return
            options.values[letter] = rest or words.pop(0)
            return
        if letter not in "qSvcnd":
            options.wrong = f"unrecognized option: {letter}"
        options.flags.add(letter)


def wget(call: Call) -> Run:
    """Fetch one URL into a file, or to stdout with `-O -`."""
    options = _options(call.arguments)
    if options.wrong or not options.urls:
        yield complain(f"wget: {options.wrong or 'missing URL'}")
        return 1
    url = parse_url(options.urls[0])
    if url is None or url.scheme not in ("http", "https"):
        yield complain(f"wget: not an http or ftp url: {options.urls[0]}")
        return 1
    speak = _Gnu(call, options, url) if call.machine.image.base == "debian" else _Busybox(call, options, url)
    if url.scheme == "https":
        yield complain("wget: https is not simulated")
        return 1
    address = yield from look_up(url.host)
    if not address:
        return (yield from speak.unresolved())
    yield from speak.connecting(address)
    outcome: Outcome = yield Connect(address, url.port, url.host, _request(options, url, speak.agent))
    if isinstance(outcome, Answer):
        return (yield from _answered(call, options, speak, outcome.response))
    if not isinstance(outcome, Refused):
        yield Sleep(options.patience)
    return (yield from speak.failed(address, refused=isinstance(outcome, Refused)))


def _request(options: _Options, url: Url, agent: str) -> Request:
    headers = [
        ("Host", url.authority),
        ("User-Agent", options.values.get("U", agent)),
        ("Connection", "close"),
    ]
    return Request("HEAD" if "--spider" in options.flags else "GET", url.path, (*headers, *options.headers))


def _answered(call: Call, options: _Options, speak: "_Busybox", response: Response | None) -> Run:
    if response is None:
        return (yield from speak.empty())
    yield from speak.headers(response)
    if response.status >= 400:
        return (yield from speak.error(response))
    if "--spider" in options.flags:
        return 0
    name = options.values.get("O") or speak.url.path.rpartition("/")[2].partition("?")[0] or "index.html"
    if name == "-":
        yield Output(STDOUT, response.body)
    elif name != "/dev/null":
        path = absolute(name, call.machine.directory)
        call.machine.files.write(path, response.body)
        yield Change(path, response.body)
    yield from speak.saved(name, response)
    return 0


class _Busybox:
    """What busybox's wget says."""

    agent = "Wget"

    def __init__(self, call: Call, options: _Options, url: Url) -> None:
        self.call = call
        self.options = options
        self.url = url

    def tell(self, text: str) -> Run:
        if not self.options.quiet:
            yield complain(text)
        return 0

    def unresolved(self) -> Run:
        yield complain(f"wget: bad address '{self.url.authority}'")
        return 1

    def connecting(self, address: str) -> Run:
        return (yield from self.tell(f"Connecting to {self.url.authority} ({address}:{self.url.port})"))

    def failed(self, address: str, *, refused: bool) -> Run:
        if not refused and self.options.patience < SYN_TIMEOUT:
            yield complain("wget: download timed out")
        else:
            why = "Connection refused" if refused else "Connection timed out"
            yield complain(f"wget: can't connect to remote host ({address}): {why}")
        return 1

    def empty(self) -> Run:
        yield complain("wget: error getting response")
        return 1

    def headers(self, response: Response) -> Run:
        if self.options.flags & {"S", "--server-response"}:
            lines = [status_line(response), *(f"{name}: {text}" for name, text in response.headers)]
            yield complain("\n".join(f"  {line}" for line in lines))
        return 0

    def error(self, response: Response) -> Run:
        yield complain(f"wget: server returned error: {status_line(response)}")
        return 1

    def saved(self, name: str, response: Response) -> Run:
        done = "written to stdout" if name == "-" else f"'{name}' saved"
        return (yield from self.tell(done))


class _Gnu(_Busybox):
    """What GNU's wget says."""

    agent = "Wget/1.18 (linux-gnu)"

    def unresolved(self) -> Run:
        host = self.url.host
        yield from self.tell(f"Resolving {host} ({host})... failed: Name or service not known.")
        yield from self.tell(f"wget: unable to resolve host address '{host}'")
        return 4

    def connecting(self, address: str) -> Run:
        host = self.url.host
        where = f"{host} ({host})|{address}|" if host != address else host
        return (yield from self.tell(f"Connecting to {where}:{self.url.port}..."))

    def failed(self, address: str, *, refused: bool) -> Run:
        yield from self.tell(f"failed: Connection {'refused' if refused else 'timed out'}.")
        return 4

    def empty(self) -> Run:
        yield from self.tell("HTTP request sent, awaiting response... No data received.")
        return 4

    def error(self, response: Response) -> Run:
        yield from self.tell(f"HTTP request sent, awaiting response... {response.status} {response.reason}")
        yield from self.tell(f"ERROR {response.status}: {response.reason}.")
        return 8

    def saved(self, name: str, response: Response) -> Run:
        length = len(response.body)
        shown = "STDOUT" if name == "-" else name
        yield from self.tell(f"HTTP request sent, awaiting response... {response.status} {response.reason}")
        return (yield from self.tell(f"'{shown}' saved [{length}/{length}]"))
