"""The lines of a watch: one event each, as JSON, in the form that the client wants.

Models `watchEncoder` in apiserver's `pkg/endpoints/handlers/response.go`.
"""

from typing import Final, NamedTuple

import orjson

from clusters.api.negotiation import META, PARTIAL, TABLE, Wanted
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.resources import Resource
from clusters.engine.apiserver.tables import table
from clusters.engine.objects import Object

_ERROR: Final = "ERROR"


class Form(NamedTuple):
    """How a watch shows objects. `include` is what the rows of a Table carry: Metadata, None or Object."""

    wanted: Wanted
    include: str = "Metadata"


def event_line(type_: str, obj: Object, resource: Resource, form: Form, now: float, *, first: bool) -> bytes:
    """The line of an event. Ages in a Table are those at the simulated time `now`.

    Only the `first` event of a watch says what the columns of its Tables are.
    """
    if form.wanted.kind == PARTIAL:
        return _line(type_, {"kind": PARTIAL, "apiVersion": _version(form), "metadata": obj["metadata"]})
    if form.wanted.kind == TABLE:
        shown = table(resource, [obj], now, include_object=form.include, revision=_revision(obj))
        columns = shown["columnDefinitions"] if first else []
        return _line(type_, {**shown, "apiVersion": _version(form), "columnDefinitions": columns})
    return _line(type_, obj)


def error_line(error: StatusError) -> bytes:
    """The line with which a watch ends that cannot go on; a Status in every form."""
    return _line(_ERROR, error.status())


def _line(type_: str, obj: Object) -> bytes:
    return b'{"type":"%s","object":%s}\n' % (type_.encode(), orjson.dumps(obj))


def _version(form: Form) -> str:
    return f"{META}/{form.wanted.version}"


def _revision(obj: Object) -> int:
    return int(obj["metadata"].get("resourceVersion") or 0)
