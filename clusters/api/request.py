"""One request: who asks which cluster for what.

Models apiserver's `pkg/endpoints/request/requestinfo.go`.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from clusters.api.answers import Message, Receive
from clusters.engine.apiserver.errors import bad_request, too_large
from clusters.engine.apiserver.reviews import User
from clusters.engine.changes import CLIENT

MAX_BODY: Final = 3 * 1024 * 1024
"""Bytes, as upstream."""
MAX_PARAMETERS: Final = 1_000
MAX_ACTOR: Final = 100
MAX_MANAGER: Final = 128
_OWN_PARTS: Final = ("status", "finalize")
"""What follows the name of a Namespace and is no resource in it."""


class DisconnectedError(Exception):
    """The client went away before it had sent its request."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names. `namespace`, `name` and `subresource` are "" where it names none.

    `watch`: it is an old path such as `/api/v1/watch/pods`, which means the same as `?watch=true`.
    """

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    watch: bool = False


class Visitor(NamedTuple):
    """Who was let in: to which cluster, and as whom."""

    cluster_id: str
    user: User


class Request:
    """A request whose key or token was found good. `path` is what follows the key, such as `/api/v1/pods`.

    `query` has the first value of each parameter, `parameters` all of them in their order.
    """

    def __init__(self, scope: Message, receive: Receive, path: str, visitor: Visitor) -> None:
        self.method: str = scope["method"]
        self.path = path
        self.cluster_id, self.user = visitor
        self.receive = receive
        self.parameters = parameters_of(scope)
        self.query = dict(reversed(self.parameters))
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._actor: str = scope.get("actor", "")

    def header(self, name: bytes) -> str:
        """A header by its name in lower case, "" if it was not sent."""
        return self._headers.get(name, b"").decode("latin-1")

    def flag(self, name: str) -> bool:
        """A parameter that says yes or no; as upstream reads it, `?watch` and `?watch=yes` are yes."""
        return name in self.query and self.query[name].lower() not in ("false", "0")

    @property
    def actor(self) -> str:
        """Who did it, for the journal: `client:kubectl delete`, `client:python-requests`.

        Whoever calls from within this process, as the page's terminal does, says in the scope who it is.
        """
        if self._actor:
            return self._actor
        called = self.header(b"kubectl-command") or self._agent().split(" ", 1)[0]
        return CLIENT + _printable(called)[:MAX_ACTOR]

    @property
    def manager(self) -> str:
        """Who owns the fields that are written: what the client says, else how it calls itself."""
        said = self.query.get("fieldManager", "")
        return said or _printable(self._agent().split("/", 1)[0])[:MAX_MANAGER] or "unknown"

    async def read_body(self) -> bytes:
        """All of the body. Raises 413 beyond MAX_BODY, and DisconnectedError."""
        length = self.header(b"content-length")
        if length.isdecimal() and int(length[:12]) > MAX_BODY:
            raise too_large(f"Request entity too large: limit is {MAX_BODY}")
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise DisconnectedError
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > MAX_BODY:
                raise too_large(f"Request entity too large: limit is {MAX_BODY}")
            if not message.get("more_body"):
                return b"".join(chunks)

    def _agent(self) -> str:
        return self.header(b"user-agent")


def parameters_of(scope: Message) -> list[tuple[str, str]]:
    """The parameters of a query string in their order. Raises 400 for too many."""
    text: bytes = scope["query_string"]
    if not text:
        return []
    try:
        return parse_qsl(text.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise bad_request(f"the query cannot be read: {error}") from error


def target_of(path: str) -> Target | None:
    """What a path names, with or without a slash at its end; None if that is no resource."""
    parts = path.strip("/").split("/")
    if parts[0] == "api":
        parts.insert(1, "")
    if parts[0] not in ("api", "apis") or len(parts) < 4:
        return None
    group, version, *rest = parts[1:]
    namespace = ""
    watched = rest[0] == "watch" and len(rest) > 1
    if watched:
        del rest[0]
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in _OWN_PARTS:
        namespace, rest = rest[1], rest[2:]
        if not namespace:
            return None
    if len(rest) > 3 or not all(rest):
        return None
    plural, name, subresource = (*rest, "", "")[:3]
    return Target(group, version, plural, namespace, name, subresource, watched)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
