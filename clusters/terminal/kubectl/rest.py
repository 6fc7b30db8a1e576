"""A client of the Kubernetes API: objects in and out, warnings, errors.

Models client-go's `rest` package as far as kubectl uses it. Left out: retries, throttling, protobuf.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any, Final

import orjson

from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import status_error
from clusters.terminal.kubectl.host import Host, Query, Response, Stream

VERSION: Final = "v1.37.1"
AGENT: Final = f"kubectl/{VERSION} (linux/amd64)"
JSON: Final = "application/json"
TABLE: Final = (
    "application/json;as=Table;v=v1;g=meta.k8s.io,"
    "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
)
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"


class Client:
    """Asks the API of one cluster. `command` is what the server is told about, such as `kubectl get`.

    All methods raise StatusError for what the server refuses. Warnings of the server are printed to the
    host's stderr, each once.
    """

    def __init__(self, host: Host, command: str = "kubectl") -> None:
        self.host = host
        self.command = command
        self.warnings: list[str] = []

    async def get(self, path: str, accept: str = JSON, **query: str) -> Object:
        """An object, a list, or whatever else there is at the path."""
        return await self.request("GET", path, tuple(query.items()), accept=accept)

    async def create(self, path: str, obj: Object, query: Query = ()) -> Object:
        """Post an object to the path of its collection; the object as it was made."""
        return await self.request("POST", path, query, obj)

    async def update(self, path: str, obj: Object, query: Query = ()) -> Object:
        """Put an object; the object as it is then."""
        return await self.request("PUT", path, query, obj)

    async def patch(self, path: str, patch: Any, content_type: str, query: Query = ()) -> Object:
        """`patch` is what is sent: JSON-shaped, or bytes."""
        return await self.request("PATCH", path, query, patch, content_type=content_type)

    async def delete(self, path: str, options: Object | None = None, query: Query = ()) -> Object:
        """Delete an object; it as it was last, or a Status."""
        return await self.request("DELETE", path, query, options)

    async def request(
        self,
        method: str,
        path: str,
        query: Query = (),
        body: Any = None,
        *,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> Object:
        """The document of an answer, {} for one without."""
        response = await self._send(method, path, query, body, content_type, accept)
        document: Object = orjson.loads(await _whole(response) or b"{}")
        return document

    async def text(self, path: str, query: Query = ()) -> str:
        """The body of an answer as it is, as `get --raw` shows it."""
        response = await self._send("GET", path, query, None, "", "application/json, */*")
        return (await _whole(response)).decode("utf-8", "replace")

    async def stream(self, path: str, query: Query = (), accept: str = "*/*") -> AsyncIterator[bytes]:
        """The body of an answer in pieces, as they come."""
        response = await self._send("GET", path, query, None, "", accept)
        async for chunk in response.chunks:
            if chunk:
                yield chunk

    async def watch(
        self, path: str, query: Query = (), accept: str = JSON
    ) -> AsyncGenerator[tuple[str, Object], None]:
        """Events as (type, object): ADDED, MODIFIED, DELETED, BOOKMARK. An ERROR is raised."""
        rest = b""
        async for chunk in self.stream(path, (*query, ("watch", "true")), accept):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line:
                    event = orjson.loads(line)
                    if event["type"] == "ERROR":
                        raise status_error(event["object"], 500)
                    yield event["type"], event["object"]

    async def upgrade(self, path: str, query: Query, protocols: Sequence[str]) -> Stream:
        """A WebSocket, for exec and attach."""
        return await self.host.transport.upgrade(path, query, protocols)

    async def _send(
        self, method: str, path: str, query: Query, body: Any, content_type: str, accept: str
    ) -> Response:
        headers = [("user-agent", AGENT), ("kubectl-command", self.command), ("accept", accept)]
        data = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        if data:
            headers.append(("content-type", content_type))
        response = await self.host.transport.request(method, path, query, headers, data)
        self._tell_warnings(response)
        if response.status >= 400:
            await _refuse(response)
        return response

    def _tell_warnings(self, response: Response) -> None:
        for name, value in response.headers:
            if name == "warning":
                text = value.partition('"')[2].removesuffix('"').replace('\\"', '"').replace("\\\\", "\\")
                if text not in self.warnings:
                    self.warnings.append(text)
                    self.host.err(f"Warning: {text}\n")


async def _whole(response: Response) -> bytes:
    return b"".join([chunk async for chunk in response.chunks])


async def _refuse(response: Response) -> None:
    body = await _whole(response)
    try:
        status = orjson.loads(body)
    except orjson.JSONDecodeError:
        status = {"message": body.decode("utf-8", "replace")}
    raise status_error(status, response.status)
