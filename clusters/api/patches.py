"""PATCH of objects and of their parts.

Models the outer half of apiserver's `pkg/endpoints/handlers/patch.go`; how each type of patch is applied is
in the engine's `patching`.
"""

from functools import partial
from typing import Any, NamedTuple

from clusters.api.answers import Answer, json_answer
from clusters.api.bodies import decoding, yaml_error
from clusters.api.negotiation import media_type
from clusters.api.options import IGNORE, STRICT, WriteOptions, write_options
from clusters.api.request import Request, Target
from clusters.api.writes import Answerer, answered, run, warnings_of
from clusters.engine.apiserver import fields
from clusters.engine.apiserver.errors import StatusError, bad_request, invalid
from clusters.engine.apiserver.go_text import json_type
from clusters.engine.apiserver.json_text import parse_json
from clusters.engine.apiserver.manifests import read_document
from clusters.engine.apiserver.patches import patching
from clusters.engine.apiserver.patches.patching import Patched
from clusters.engine.apiserver.resources import Resource
from clusters.engine.store import Overlay

TYPES = (patching.JSON, patching.MERGE, patching.STRATEGIC, patching.APPLY)


class Patch(NamedTuple):
    """What a client has sent. `complaints` are about fields that the body has twice."""

    type: str
    body: Any
    complaints: list[str]


async def patch(request: Request, resource: Resource, target: Target) -> Answer:
    """The object as it is now: 200, and 201 if a patch of the type apply has made it.

    Raises 400, 404, 409, 415, 422.
    """
    answer = Answerer(request, resource)
    sent, options = await _read(request)
    verb = partial(_patch, resource, target, sent, options, request.flag("force"))
    written = await run(request, verb, dry_run=options.dry_run)
    obj, created, warnings = written.result
    if target.subresource == "scale":
        return json_answer(obj, warnings=[*warnings, *warnings_of(written)])
    return answer(obj, 201 if created else 200, written, warnings)


async def _read(request: Request) -> tuple[Patch, WriteOptions]:
    media = media_type(request.header(b"content-type"), TYPES, default="")
    options = write_options(request, "PatchOptions")
    applies = media == patching.APPLY
    if applies and not request.query.get("fieldManager"):
        raise _bad_option(fields.required("fieldManager", "is required for apply patch"))
    if not applies and "force" in request.query:
        raise _bad_option(fields.forbidden("force", "may not be specified for non-apply patch"))
    body = await request.read_body()
    return await decoding(_parsed, body, media, options.validation), options


def _parsed(body: bytes, media: str, validation: str) -> Patch:
    if media == patching.APPLY:
        return Patch(media, *_configuration(body, validation))
    try:
        return Patch(media, *parse_json(body))
    except ValueError as error:
        said = "" if media == patching.STRATEGIC else "error decoding patch: "
        raise bad_request(f"{said}{error}") from error


def _configuration(body: bytes, validation: str) -> tuple[Any, list[str]]:
    try:
        document, twice = read_document(body.decode("utf-8", "replace"))
    except StatusError as error:
        raise bad_request(f"error decoding YAML: {error.message}") from error
    if document is None:
        return {}, twice
    if twice and validation == STRICT:
        why = f"error converting YAML to JSON: {yaml_error(twice)}"
        raise bad_request(f"error strict decoding YAML: {why}")
    if not isinstance(document, dict):
        why = f"json: cannot unmarshal {json_type(document)} into Go value of type map[string]interface {{}}"
        raise bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {why}")
    return document, [] if validation == IGNORE else twice


def _patch(
    resource: Resource, target: Target, sent: Patch, options: WriteOptions, force: bool, store: Overlay
) -> Patched:
    before = store.get(resource.kind, target.namespace, target.name)
    patched = patching.apply_patch(
        store,
        resource,
        target.namespace,
        target.name,
        sent.type,
        sent.body,
        subresource=target.subresource,
        force=force,
        validation=options.validation,
        complaints=sent.complaints,
    )
    return patched._replace(object=answered(patched.object, before, options.dry_run))


def _bad_option(error: fields.FieldError) -> StatusError:
    return invalid("PatchOptions.meta.k8s.io", "", [error])
