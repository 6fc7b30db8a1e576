"""ping: iputils' where Debian is, busybox' elsewhere.

Left out: everything about packets but their number, their pace and their way there and back.
"""

from contextlib import suppress
from math import inf
from random import Random
from statistics import fmean, pstdev
from typing import Final, NamedTuple

from clusters.engine.kubelet.shell.builtins import Interrupt
from clusters.engine.kubelet.shell.coreutils import options
from clusters.engine.kubelet.shell.effects import Ping, Run, Sleep, complain, say
from clusters.engine.kubelet.shell.machine import Call, Program
from clusters.engine.kubelet.shell.urls import look_up
from clusters.engine.network.dns import is_address

_MOST: Final = 1_000
"""Packets."""
_LINGER: Final = 10.0
"""Seconds that it waits after the last packet if nothing came back of any."""
_VALUED: Final = frozenset("CceFIilMmNpQSsTtWw")
_PLAIN: Final = frozenset("346aABbDdfHhLnOqRrUVv")
_USAGE: Final = "\nUsage\n  ping [options] <destination>"


def _ping(call: Call) -> Run:
    return (yield from (_iputils if call.machine.image.base == "debian" else _busybox)(call))


class _Options(NamedTuple):
    """What iputils is asked for, in packets and seconds. `linger` is how long it waits for a first answer."""

    hosts: list[str]
    most: int
    interval: float
    deadline: float
    linger: float
    quiet: bool


class _UsageError(Exception):
    """The command line is wrong, in ping's words; it ends with this exit code."""

    def __init__(self, said: str, code: int) -> None:
        super().__init__(said)
        self.code = code


def _iputils(call: Call) -> Run:
    try:
        asked = _options(call.arguments)
    except _UsageError as error:
        yield complain(f"ping: {error}")
        return error.code
    host = asked.hosts[-1]
    address = yield from look_up(host)
    if not is_address(address):
        yield complain(f"ping: {host}: Name or service not known")
        return 2
    yield say(f"PING {host} ({address}) 56(84) bytes of data.\n")
    echoes = _Echoes(address, asked)
    with suppress(Interrupt):
        yield from echoes.send()
    yield say(echoes.statistics(host))
    return 0 if echoes.times else 1


class _Echoes:
    """The packets that were `sent`, and the `times` in milliseconds after which some came back."""

    def __init__(self, address: str, asked: _Options) -> None:
        self.sent = 0
        self.times: list[float] = []
        self._address = address
        self._asked = asked

    def send(self) -> Run:
        """Send as many as was asked for, each in its time."""
        asked = self._asked
        while self.sent < asked.most and self.sent * asked.interval < asked.deadline:
            self.sent += 1
            back: bool = yield Ping(self._address)
            if back:
                yield from self._came_back()
            if self.sent < asked.most:
                yield Sleep(asked.interval)
            elif not back:
                # Once one has come back it knows how long that takes.
                yield Sleep(asked.interval if self.times else asked.linger)
        return 0

    def _came_back(self) -> Run:
        # The same packet takes the same time, whoever plays this again.
        time = round(Random(f"{self._address}/{self.sent}").uniform(0.05, 0.5), 3)
        self.times.append(time)
        if not self._asked.quiet:
            yield say(f"64 bytes from {self._address}: icmp_seq={self.sent} ttl=64 time={time:.3f} ms\n")
        return 0

    def statistics(self, host: str) -> str:
        """What is printed at the end."""
        sent, times = self.sent, self.times
        loss = 100 * (sent - len(times)) / sent
        elapsed = int((sent - 1) * self._asked.interval * 1000 + sum(times))
        text = f"\n--- {host} ping statistics ---\n{sent} packets transmitted, {len(times)} received, "
        text += f"{loss:g}% packet loss, time {elapsed}ms\n"
        if times:
            figures = (min(times), fmean(times), max(times), pstdev(times))
            text += f"rtt min/avg/max/mdev = {'/'.join(f'{figure:.3f}' for figure in figures)} ms"
        return f"{text}\n"


def _options(arguments: list[str]) -> _Options:
    values, hosts, words = dict[str, str](), list[str](), list(arguments)
    while words:
        word = words.pop(0)
        if word == "--":
            hosts += words
            break
        if word.startswith("-") and len(word) > 1:
            _take_letters(word[1:], words, values)
        else:
            hosts.append(word)
    if not hosts:
        raise _UsageError("usage error: Destination address required", 1)
    interval = _number(values, "i", 1.0)
    if interval < 0.002:
        said = "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)"
        raise _UsageError(said, 2)
    count = _number(values, "c", _MOST)
    if count < 1 or not count.is_integer():
        raise _invalid(values["c"], count)
    linger = _number(values, "W", _LINGER)
    deadline = _number(values, "w", inf) or inf
    return _Options(hosts, min(int(count), _MOST), interval, deadline, linger, "q" in values)


def _take_letters(letters: str, words: list[str], values: dict[str, str]) -> None:
    """`-nc 3`: the last letter may have its value behind it."""
    for index, letter in enumerate(letters, 1):
        if letter in _VALUED:
            rest = letters[index:]
            if not rest and not words:
                raise _UsageError(f"option requires an argument -- '{letter}'\n{_USAGE}", 2)
            values[letter] = rest or words.pop(0)
            return
        if letter not in _PLAIN:
            raise _UsageError(f"invalid option -- '{letter}'\n{_USAGE}", 2)
        values[letter] = ""


def _number(values: dict[str, str], letter: str, usual: float) -> float:
    text = values.get(letter)
    if text is None:
        return float(usual)
    if not text.isascii() or not text.replace(".", "", 1).isdigit() or len(text) > 9:
        raise _invalid(text)
    return float(text)


def _invalid(text: str, number: float = 1.0) -> _UsageError:
    out_of_range = ": out of range: 1 <= value <= 9223372036854775807" if number < 1 else ""
    return _UsageError(f"invalid argument: '{text}'{out_of_range}", 1)


def _busybox(call: Call) -> Run:
    flags, words = options(call.arguments)
    count = next((int(word) for word in words if word.isdecimal() and word.isascii() and len(word) < 7), None)
    hosts = [word for word in words if not word.isdecimal()]
    if not hosts:
        yield complain("ping: usage error: Destination address required")
        return 2
    address = yield from look_up(hosts[0])
    if not address:
        yield complain(f"ping: bad address '{hosts[0]}'")
        return 1
    # A Service's address is only a rule for its ports, so nobody answers.
    answers: bool = is_address(address) and (yield Ping(address))
    yield say(f"PING {hosts[0]} ({address}): 56 data bytes\n")
    turns = min(count if "c" in flags and count else _MOST, _MOST)
    for number in range(turns):
        if answers:
            yield say(f"64 bytes from {address}: seq={number} ttl=62 time=0.1 ms\n")
        yield Sleep(1.0 if answers or number + 1 < turns else _LINGER)
    received, lost = (turns, 0) if answers else (0, 100)
    yield say(f"\n--- {hosts[0]} ping statistics ---\n")
    yield say(f"{turns} packets transmitted, {received} packets received, {lost}% packet loss\n")
    return 0 if answers else 1


PROGRAMS: Final[dict[str, Program]] = {"ping": _ping}
