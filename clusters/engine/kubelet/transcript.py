"""What the network answered to a container's main process, in the order in which it was asked.

Such answers are part of the container's state, as texts: with them the process can be run again, for its log
or its end, and goes the same way. Left out: which Service and pod led to an answer.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from clusters.engine.images import Image
from clusters.engine.kubelet.shell.effects import Ask, Connect, Ping, Resolve
from clusters.engine.network import Answer, Refused, Response, TimedOut
from clusters.engine.network.dns import Found
from clusters.engine.network.routing import API_SERVER
from clusters.engine.objects import Key

MOST: Final = 500
ROOM: Final = 32_768
"""Answers, and characters of them together, that a process gets; what it asks then is never answered."""
_SOMEBODY: Final = Key("Pod", "", "")
_SOMETHING: Final = Image("", 0)


def has_room(answers: Sequence[str]) -> bool:
    """Whether the process may ask on."""
    return len(answers) < MOST and sum(map(len, answers)) < ROOM


def encode(after: float, answer: object) -> str:
    """The text for an answer that was given so many simulated seconds after the start of the process."""
    return json.dumps([after, _plain(answer)], ensure_ascii=False, separators=(",", ":"))


def _plain(answer: object) -> object:
    if isinstance(answer, Answer):
        response = answer.response
        if response is None:
            return ["api"] if answer.pod is None else ["closed"]
        return ["http", response.status, response.headers, response.body.decode("utf-8", "replace")]
    if isinstance(answer, Found):
        return list(answer)
    if isinstance(answer, (Refused, TimedOut)):
        return ["refused" if isinstance(answer, Refused) else "lost"]
    return bool(answer)


def decode(text: str, effect: Ask) -> tuple[float, object]:
    """When the answer was given, and the answer. One to another question is as if nobody had answered."""
    after, plain = json.loads(text)
    return float(after), _ANSWERS[type(effect)](plain)


def _outcome(plain: Any) -> object:
    kind = plain[0] if isinstance(plain, list) and plain else ""
    if kind == "http":
        _, status, headers, body = plain
        response = Response(status, tuple((name, value) for name, value in headers), body.encode())
        return Answer(None, _SOMEBODY, 0, _SOMETHING, "", response)
    if kind == "closed":
        return Answer(None, _SOMEBODY, 0, _SOMETHING)
    if kind == "api":
        return Answer(None, None, 0, API_SERVER)
    return Refused() if kind == "refused" else TimedOut()


def _found(plain: Any) -> object:
    if isinstance(plain, list) and len(plain) == 2 and isinstance(plain[1], list):
        return Found(plain[0], plain[1])
    return None


_ANSWERS: Final[dict[type, Any]] = {Connect: _outcome, Resolve: _found, Ping: lambda plain: plain is True}
