"""What the API says about itself: discovery, version, health, OpenAPI.

Models apiserver's `pkg/endpoints/discovery`, `pkg/server/healthz` and `pkg/server/routes`. These answers
are the same for every cluster.
"""

import asyncio
import time
from email.utils import formatdate
from functools import cache, lru_cache
from typing import Final

import orjson

from clusters.api.answers import JSON, NO_CACHE, Answer, Headers, json_answer, text_answer
from clusters.api.negotiation import wants_aggregated
from clusters.api.request import Request
from clusters.engine.apiserver import discovery, openapi

AGGREGATED: Final = b"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
OPENAPI_V2: Final = b"application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
YEAR: Final = 365 * 24 * 3600
"""Seconds. What a hash names never changes."""
_HEALTH: Final = ("healthz", "livez", "readyz")
_CHECKS: Final = ("ping",)
"""What is looked at to say that the server is well: it answers."""
_VARY: Final = (NO_CACHE, (b"vary", b"Accept"))


async def document(request: Request) -> Answer | None:
    """The answer to a GET of such a path, with or without a slash at its end; None for any other path."""
    parts = request.path.strip("/").split("/")
    if parts == [""]:
        return Answer(200, _index())
    if parts[0] in _HEALTH:
        return _health(parts[0], parts[1:], "verbose" in request.query)
    if parts[0] == "openapi":
        return await _openapi(request, parts[1:])
    if parts[0] in ("api", "apis") and len(parts) == 1:
        aggregated = wants_aggregated(request.header(b"accept"))
        return Answer(200, _root(parts[0], aggregated), AGGREGATED if aggregated else JSON, _VARY)
    text = _described(*parts)
    return None if text is None else Answer(200, text)


def _health(name: str, checks: list[str], verbose: bool) -> Answer | None:
    if checks not in ([], *([check] for check in _CHECKS)):
        return None
    told = "".join(f"[+]{check} ok\n" for check in checks or _CHECKS)
    return text_answer(f"{told}{name} check passed\n" if verbose else "ok")


@cache
def _index() -> bytes:
    """The paths that are no resources, for who asks for `/`."""
    versions = {f"/api/{version}" for version in discovery.api_versions()["versions"]}
    for group in discovery.api_group_list()["groups"]:
        versions |= {f"/apis/{group['name']}"}
        versions |= {f"/apis/{version['groupVersion']}" for version in group["versions"]}
    checks = {f"/{name}/{check}" for name in _HEALTH for check in _CHECKS}
    roots = {"/api", "/apis", "/openapi/v2", "/openapi/v3", "/version", *(f"/{name}" for name in _HEALTH)}
    return orjson.dumps({"paths": sorted(roots | versions | checks)})


async def _openapi(request: Request, parts: list[str]) -> Answer | None:
    if parts == ["v2"]:
        # Nothing is a valid description of it: clients then go by v3, or by what they know.
        return Answer(200, b"", OPENAPI_V2)
    if not parts or parts[0] != "v3":
        return None
    if len(parts) == 1:
        return json_answer(await asyncio.to_thread(openapi.index))
    path = "/".join(parts[1:])
    digest = await asyncio.to_thread(openapi.hash_of, path)
    return None if digest is None else _document(request, path, digest)


def _document(request: Request, path: str, digest: str) -> Answer:
    # An old hash gets today's document, which may not be kept under that name.
    headers = _kept(digest) if request.query.get("hash") == digest else (NO_CACHE,)
    headers = (*headers, (b"etag", f'"{digest}"'.encode()), (b"vary", b"Accept-Encoding, Accept"))
    if digest in request.header(b"if-none-match"):
        return Answer(304, b"", headers=headers)
    zipped = "gzip" in request.header(b"accept-encoding")
    text = openapi.document(path, zipped=zipped)
    assert text is not None
    return Answer(200, text, headers=(*headers, (b"content-encoding", b"gzip")) if zipped else headers)


def _kept(digest: str) -> Headers:
    expires = formatdate(time.time() + YEAR, usegmt=True).encode()
    return ((b"cache-control", b"public, immutable"), (b"expires", expires))


@cache
def _root(name: str, aggregated: bool) -> bytes:
    if aggregated:
        return orjson.dumps(discovery.aggregated(legacy=name == "api"))
    return orjson.dumps(discovery.api_versions() if name == "api" else discovery.api_group_list())


@lru_cache(maxsize=64)
def _described(*parts: str) -> bytes | None:
    if parts == ("version",):
        return orjson.dumps(discovery.version())
    described = None
    if parts[0] == "api" and len(parts) == 2:
        described = discovery.api_resource_list("", parts[1])
    elif parts[0] == "apis" and len(parts) == 2:
        described = discovery.api_group(parts[1])
    elif parts[0] == "apis" and len(parts) == 3:
        described = discovery.api_resource_list(parts[1], parts[2])
    return None if described is None else orjson.dumps(described)
