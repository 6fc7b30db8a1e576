"""The clients of the databases among the images, to the depth of a health check."""

from typing import Final

from clusters.engine.kubelet.shell.effects import Connect, Run, complain, say
from clusters.engine.kubelet.shell.machine import Call, Program
from clusters.engine.kubelet.shell.urls import look_up
from clusters.engine.network import Answer


def _option(call: Call, letter: str, default: str) -> str:
    words = call.arguments
    for index, word in enumerate(words):
        if word == f"-{letter}" and index + 1 < len(words):
            return words[index + 1]
    return default


def _reaches(call: Call, port: int) -> Run:
    """Whether a server listens at the host and port that the options name."""
    host, number = _option(call, "h", "127.0.0.1"), _option(call, "p", str(port))
    address = yield from look_up(host)
    if not address or not (number.isascii() and number.isdecimal() and len(number) < 6):
        return 0
    outcome = yield Connect(address, int(number), host)
    return int(isinstance(outcome, Answer))


def _redis_cli(call: Call) -> Run:
    words = [word.lower() for word in call.arguments if not word.startswith("-")]
    if not (yield from _reaches(call, 6379)):
        host, port = _option(call, "h", "127.0.0.1"), _option(call, "p", "6379")
        yield complain(f"Could not connect to Redis at {host}:{port}: Connection refused")
        return 1
    if "ping" in words:
        yield say("PONG\n")
        return 0
    yield complain("redis-cli: only PING is simulated")
    return 1


def _pg_isready(call: Call) -> Run:
    there = yield from _reaches(call, 5432)
    host = _option(call, "h", "/var/run/postgresql")
    yield say(f"{host}:5432 - {'accepting connections' if there else 'no response'}\n")
    return 0 if there else 2


def _mysqladmin(call: Call) -> Run:
    there = yield from _reaches(call, 3306)
    if there:
        yield say("mysqld is alive\n")
        return 0
    yield complain("mysqladmin: connect to server at '127.0.0.1' failed")
    return 1


PROGRAMS: Final[dict[str, Program]] = {
    "redis-cli": _redis_cli,
    "pg_isready": _pg_isready,
    "mysqladmin": _mysqladmin,
}
