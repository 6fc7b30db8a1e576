"""From the bytes of a body to an object of the kind that was asked for.

Models apiserver's `pkg/endpoints/handlers/create.go` and `update.go` as far as they decode, and the
`transformDecodeError` of `rest.go`.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from clusters.api.negotiation import BODIES, PROTOBUF, YAML, media_type
from clusters.api.options import IGNORE, STRICT
from clusters.api.protobuf import decode as decode_protobuf
from clusters.api.request import Request
from clusters.engine.apiserver.decoding import cannot_handle, decode
from clusters.engine.apiserver.errors import StatusError, bad_request
from clusters.engine.apiserver.go_text import json_type
from clusters.engine.apiserver.json_text import parse_json
from clusters.engine.apiserver.manifests import read_document
from clusters.engine.apiserver.resources import BY_KIND, Resource
from clusters.engine.objects import Object

T = TypeVar("T")

LONG: Final = 16 * 1024
"""Bytes from which on a body is decoded in a thread."""
_SUMMARY: Final = 30
_NO_KIND: Final = "couldn't get version/kind; json parse error: "
_TYPE_META: Final = (
    r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
)
"""How Go names the type into which it looks for version and kind."""


class Kind(NamedTuple):
    """What a body is expected to be."""

    api_version: str
    kind: str


DELETE_OPTIONS: Final = Kind("v1", "DeleteOptions")


_OLDER: Final = {("policy/v1beta1", "Eviction"): "policy/v1"}
"""Bodies of versions that are served no more but still taken, and the version that they are read as."""


class Body(NamedTuple):
    """The decoded object, and what the client is warned of."""

    object: Object
    warnings: list[str]


def kind_of(resource: Resource) -> Kind:
    """What is sent to the paths of a resource."""
    return Kind(resource.api_version, resource.kind)


async def read(request: Request, expected: Kind, validation: str) -> Body:
    """The object in the body, decoded as `validation` (Strict, Warn, Ignore) says.

    Raises 400 for what cannot be read or is something else, 413, 415.
    """
    media = media_type(request.header(b"content-type"), BODIES)
    return await decoding(decoded, await request.read_body(), media, expected, validation)


async def decoding(decode: Callable[..., T], body: bytes, *arguments: Any) -> T:
    """What is made of a body and these arguments, in a thread if the body is LONG."""
    work = partial(decode, body, *arguments)
    return work() if len(body) < LONG else await asyncio.to_thread(work)


def decoded(body: bytes, media: str, expected: Kind, validation: str) -> Body:
    """As `read`, of bytes of a media type."""
    document, twice = _document(body, media, expected)
    obj = _typed(document, expected, body)
    obj["apiVersion"] = _OLDER.get((obj["apiVersion"], obj["kind"]), obj["apiVersion"])
    _demand_kind(obj, expected)
    obj, unknown = decode(obj)
    if validation == STRICT and (twice or unknown):
        if twice and media == YAML:
            twice = [yaml_error(twice)]
        raise cannot_handle(obj, f"strict decoding error: {', '.join([*twice, *unknown])}")
    return Body(obj, [] if validation == IGNORE else [*twice, *unknown])


def yaml_error(complaints: list[str]) -> str:
    """What is wrong with a text in YAML, as Go's parser says it all at once."""
    return "\n  ".join(["yaml: unmarshal errors:", *complaints])


def decoded_options(body: bytes, media: str) -> Object:
    """The DeleteOptions in a body; those of every group and version are the same."""
    document = _typed(_document(body, media, DELETE_OPTIONS)[0], DELETE_OPTIONS, body)
    _demand_kind({**document, "apiVersion": DELETE_OPTIONS.api_version}, DELETE_OPTIONS)
    return decode({**document, "apiVersion": DELETE_OPTIONS.api_version})[0]


def _document(body: bytes, media: str, expected: Kind) -> tuple[Any, list[str]]:
    """What a body holds, and complaints about fields that it has twice."""
    if media == PROTOBUF:
        return decode_protobuf(body, *expected), []
    if media == YAML:
        try:
            return read_document(body.decode("utf-8", "replace"))
        except StatusError as error:
            why = error.message.removeprefix("error converting YAML to JSON: ")
            raise _unrecognized(expected, why, body) from error
    try:
        return parse_json(body)
    except ValueError as error:
        raise _unrecognized(expected, f"{_NO_KIND}{error}", body) from error


def _typed(document: Any, expected: Kind, body: bytes) -> Object:
    if document is None:
        document = {}  # as Go's decoder, which leaves alone what null is to be put into
    if not isinstance(document, dict):
        found = json_type(document)
        why = f"{_NO_KIND}json: cannot unmarshal {found} into Go value of type {_TYPE_META}"
        raise _unrecognized(expected, why, body)
    for field, default in (("apiVersion", expected.api_version), ("kind", expected.kind)):
        said = document.get(field)
        if said is not None and not isinstance(said, str):
            found = json_type(said)
            why = f"{_NO_KIND}json: cannot unmarshal {found} into Go struct field .{field} of type string"
            raise _unrecognized(expected, why, body)
        if not said:
            document[field] = default
    return document


def _demand_kind(obj: Object, expected: Kind) -> None:
    if (obj["apiVersion"], obj["kind"]) == expected:
        return
    version, kind = obj["apiVersion"].rpartition("/")[2], obj["kind"]
    said = f'{kind} in version "{version}" cannot be handled as a {expected.kind}: '
    found = BY_KIND.get(kind) or BY_KIND.get(kind.removesuffix("List"))
    if found is None or found.version != version:
        scheme = 'in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'
        raise bad_request(f'{said}no kind "{kind}" is registered for version "{obj["apiVersion"]}" {scheme}')
    if kind == expected.kind:
        raise bad_request(
            f"the API version in the data ({obj['apiVersion']}) does not match the expected API version"
            f" ({expected.api_version})"
        )
    internal = f"{_package(expected.api_version)}.{expected.kind}"
    raise bad_request(f"{said}converting (v1.{kind}) to ({internal}): unknown conversion")


def _package(api_version: str) -> str:
    group = api_version.rpartition("/")[0]
    return group.partition(".")[0] if group else "core"


def _unrecognized(expected: Kind, why: str, body: bytes) -> StatusError:
    head = body[:_SUMMARY]
    summary = head.decode("utf-8", "replace") if head.startswith(b"{") else head.hex() or "<empty>"
    more = " ..." if len(body) > _SUMMARY else ""
    return bad_request(
        f"the object provided is unrecognized (must be of type {expected.kind}): {why} ({summary}{more})"
    )
