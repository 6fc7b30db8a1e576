"""From a body in protobuf to the object that the same client would have sent as JSON.

Models `protobuf.go` of apimachinery's protobuf serializer and the Unmarshal that go-to-protobuf makes for
each kind. Go writes also what is not set; as its JSON would leave that out, zero values are dropped
wherever Go has no pointer. Fields with unknown numbers are skipped, as upstream does.
"""

from typing import Any, Final

from clusters.api.protobuf.scalars import SCALARS, text
from clusters.api.protobuf.wire import BYTES, VARINT, MalformedError, fields, packed
from clusters.engine.apiserver.errors import StatusError, bad_request
from clusters.engine.apiserver.messages import INLINE, MESSAGES, Field
from clusters.engine.apiserver.resources import RESOURCES
from clusters.engine.objects import Object

MAGIC: Final = b"k8s\0"
MOST_VALUES: Final = 200_000
"""Two bytes can be a value, which takes a hundred as a Python object."""

_SUMMARY: Final = 30
_SCHEME: Final = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"
_DELETE_OPTIONS: Final = "DeleteOptions"
_KINDS: Final = {
    *((resource.api_version, resource.kind) for resource in RESOURCES),
    *((f"{p.group}/{p.version}".lstrip("/"), p.kind) for r in RESOURCES for p in r.subresources),
    *((resource.api_version, _DELETE_OPTIONS) for resource in RESOURCES),
}


def decode(body: bytes, api_version: str, kind: str) -> Object:
    """The object in a body, with apiVersion and kind as it says, or else the expected ones.

    Raises 400 BadRequest for a body that holds no object of a known kind.
    """
    try:
        envelope = _envelope(body)
        api_version = envelope.get("apiVersion") or api_version
        found = envelope.get("kind") or kind
    except MalformedError as error:
        raise _unrecognized(kind, str(error), body) from error
    version = api_version.rpartition("/")[2]
    said = f'{found} in version "{version}" cannot be handled as a {kind}: '
    if (api_version, found) not in _KINDS or found not in MESSAGES:
        why = f'no kind "{found}" is registered for version "{api_version}" in scheme "{_SCHEME}"'
        raise bad_request(said + why)
    try:
        decoded = _Decoder().message(found, envelope.get("raw", b""), {})
    except MalformedError as error:
        raise bad_request(f"{said}{error}") from error
    return {"apiVersion": api_version, "kind": found, **decoded}


def _envelope(body: bytes) -> dict[str, Any]:
    """What is around the object: apiVersion, kind, and the message itself as `raw`."""
    if not body:
        raise MalformedError("empty data")
    if not body.startswith(MAGIC):
        prefix = " ".join(map(str, MAGIC))
        raise MalformedError(
            f"provided data does not appear to be a protobuf message, expected prefix [{prefix}]"
        )
    if body == MAGIC:
        raise MalformedError("empty body")
    envelope: dict[str, Any] = {}
    for number, wire_type, value in fields(body[len(MAGIC) :], "Unknown"):
        if number == 1:
            envelope |= _type_meta(_demanded(BYTES, wire_type, value, "TypeMeta"))
        elif number == 2:
            envelope["raw"] = _demanded(BYTES, wire_type, value, "Raw")
    return envelope


def _type_meta(data: bytes) -> dict[str, str]:
    names = {1: "apiVersion", 2: "kind"}
    return {
        names[number]: text(_demanded(BYTES, wire_type, value, names[number]))
        for number, wire_type, value in fields(data, "TypeMeta")
        if number in names
    }


def _demanded(demanded: int, wire_type: int, value: Any, field: str) -> Any:
    if wire_type != demanded:
        raise MalformedError(f"proto: wrong wireType = {wire_type} for field {field}")
    return value


def _unrecognized(kind: str, why: str, body: bytes) -> StatusError:
    summary = body[:_SUMMARY].hex() + (" ..." if len(body) > _SUMMARY else "") or "<empty>"
    return bad_request(f"the object provided is unrecognized (must be of type {kind}): {why} ({summary})")


class _Decoder:
    """Goes through one message and those in it."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def message(self, name: str, data: bytes, into: Object) -> Object:
        """Puts the fields of a message into an object. What is there already is of the same message, of
        which parts may come one after the other."""
        known = MESSAGES[name]
        for number, wire_type, value in fields(data, name):
            field = known.get(number)
            if field is not None:
                self._take(field, wire_type, value, into)
        return into

    def _take(self, field: Field, wire_type: int, value: Any, into: Object) -> None:
        self._count()
        if field.name == INLINE:
            self.message(field.type, _demanded(BYTES, wire_type, value, field.type), into)
        elif field.shape == "list":
            into.setdefault(field.name, []).extend(self._items(field, wire_type, value))
        elif field.shape == "map":
            entry = _demanded(BYTES, wire_type, value, field.go_name)
            into.setdefault(field.name, {}).update([self._entry(field, entry)])
        else:
            self._set(field, self._one(field, wire_type, value, into.get(field.name)), into)

    def _set(self, field: Field, value: Any, into: Object) -> None:
        is_zero = not value or (field.type == "Quantity" and value == "0")
        if value is None or (is_zero and not field.pointer):
            into.pop(field.name, None)
        else:
            into[field.name] = value

    def _one(self, field: Field, wire_type: int, value: Any, before: Any = None) -> Any:
        scalar = SCALARS.get(field.type)
        if scalar is None:
            return self.message(field.type, _demanded(BYTES, wire_type, value, field.go_name), before or {})
        return scalar.read(_demanded(scalar.wire_type, wire_type, value, field.go_name))

    def _items(self, field: Field, wire_type: int, value: Any) -> list[Any]:
        scalar = SCALARS.get(field.type)
        if scalar is None or scalar.wire_type != VARINT or wire_type != BYTES:
            return [self._one(field, wire_type, value)]
        items = []
        for number in packed(value):
            self._count()
            items.append(scalar.read(number))
        return items

    def _entry(self, field: Field, data: bytes) -> tuple[str, Any]:
        scalar = SCALARS.get(field.type)
        key, item = "", scalar.zero if scalar else {}
        for number, wire_type, value in fields(data, field.go_name):
            if number == 1:
                key = text(_demanded(BYTES, wire_type, value, field.go_name))
            elif number == 2:
                item = self._one(field, wire_type, value)
        return key, item

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise MalformedError(f"limit is {MOST_VALUES} values")
