"""Takes an object from outside apart: right types, known fields, canonical texts.

Models apimachinery's strict decoding with the words of Go's JSON decoder; the types are in `schema`.
"""

from typing import Any, Final

from clusters.engine import base64_text
from clusters.engine.apiserver.errors import StatusError, bad_request
from clusters.engine.apiserver.go_text import json_type
from clusters.engine.apiserver.quantity_text import canonical
from clusters.engine.apiserver.schema import Field, Struct, is_rfc3339, struct_of
from clusters.engine.clock import parse_rfc3339
from clusters.engine.gotime import parse_error
from clusters.engine.objects import Object

_PYTHON: Final = {"string": str, "bytes": str, "bool": bool, "time": str}
_ZERO: Final[dict[str, Any]] = {
    "string": "",
    "bytes": "",
    "bool": False,
    "int32": 0,
    "int64": 0,
    "int-or-string": 0,
    "quantity": "0",
}


MOST_COMPLAINTS: Final = 100
"""About one object, as in sigs.k8s.io/json."""


class DecodeError(ValueError):
    """A value of a wrong type, in the words of Go's JSON decoder."""


def decode(obj: Object) -> tuple[Object, list[str]]:
    """A copy of an object of a served kind, without what no such object has, and what that was.

    The complaints are such as `unknown field "spec.x"`. Fields that are null are left out, and those that
    Go leaves out since they are empty or zero; quantities get their canonical text. Raises 400 BadRequest
    for a value of a wrong type.
    """
    try:
        return decode_fields(obj)
    except DecodeError as error:
        raise cannot_handle(obj, str(error)) from error


def decode_fields(obj: Object) -> tuple[Object, list[str]]:
    """As `decode`, but raises DecodeError, for who tells it in another way."""
    decoder = _Decoder()
    struct = struct_of(obj["apiVersion"], obj["kind"])
    decoded = decoder.struct(struct, obj, "", "")
    if "metadata" in struct.fields:
        metadata = decoded.setdefault("metadata", {})
        if (obj.get("metadata") or {}).get("managedFields") == []:
            # Unlike no list at all, this is a wish: that nobody notes any more who writes what.
            metadata["managedFields"] = []
    return decoded, decoder.complaints


def decode_strictly(obj: Object) -> Object:
    """The object, if it has no unknown fields; else 400 BadRequest."""
    decoded, complaints = decode(obj)
    if complaints:
        raise cannot_handle(obj, f"strict decoding error: {', '.join(complaints)}")
    return decoded


def cannot_handle(obj: Object, why: str) -> StatusError:
    """400: an object of that kind and version cannot be made of this one."""
    kind, version = obj["kind"], obj["apiVersion"].rpartition("/")[2]
    return bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {why}')


def demand_name(obj: Object, namespace: str, name: str) -> None:
    """Raises 400 BadRequest for an object that is not the one of the URL; a namespace may be missing."""
    metadata = obj["metadata"]
    if namespace and metadata.setdefault("namespace", namespace) != namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    found = metadata.get("name")
    if not found:
        raise bad_request(
            f"the name of the object ({name} based on URL) was undeterminable: name must be provided"
        )
    if found != name:
        raise bad_request(f"the name of the object ({found}) does not match the name on the URL ({name})")


def _bytes(text: str) -> str:
    try:
        return base64_text.encode(base64_text.decode(text))
    except ValueError as error:
        raise DecodeError(str(error)) from error


class _Decoder:
    """Goes through one object. `path` is where it is, as in `spec.containers[0]`; `go_path` is the same
    without indices, after the name of the struct that has the field, as Go writes it."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def struct(self, struct: Struct, value: dict[str, Any], path: str, names: str) -> dict[str, Any]:
        """The known fields of one struct; the unknown ones become complaints."""
        decoded = {}
        for key, found in value.items():
            here = f"{path}.{key}" if path else key
            field = struct.fields.get(key)
            if field is None:
                if len(self.complaints) < MOST_COMPLAINTS:
                    self.complaints.append(f'unknown field "{here}"')
            elif found is not None:
                under = f"{names}.{key}" if names else key
                made = self._value(field, found, here, f"{struct.short_name}.{under}")
                if made or not field.omits_empty:
                    decoded[key] = made
        return decoded

    def _value(self, field: Field, value: Any, path: str, go_path: str) -> Any:
        names = go_path.partition(".")[2]
        if field.struct is not None:
            self._demand(dict, field, value, go_path)
            return self.struct(field.struct, value, path, names)
        if field.item is None:
            return self._scalar(field, value, go_path)
        if field.kind == "list":
            self._demand(list, field, value, go_path)
            return [self._item(field.item, v, f"{path}[{i}]", go_path) for i, v in enumerate(value)]
        self._demand(dict, field, value, go_path)
        return {key: self._item(field.item, v, f"{path}.{key}", go_path) for key, v in value.items()}

    def _item(self, field: Field, value: Any, path: str, go_path: str) -> Any:
        if value is None:
            value = _ZERO.get(field.kind, {} if field.struct or field.kind == "map" else [])
        return self._value(field, value, path, go_path)

    def _scalar(self, field: Field, value: Any, go_path: str) -> Any:
        kind = field.kind
        if kind in _PYTHON:
            value = self._demand(_PYTHON[kind], field, value, go_path)
            if kind == "bytes":
                return _bytes(value)
            return self._time(value) if kind == "time" else value
        if kind == "quantity":
            return self._quantity(field, value, go_path)
        if kind == "int-or-string" and isinstance(value, str):
            return value
        return value if kind == "any" else self._integer(field, value, go_path)

    def _integer(self, field: Field, value: Any, go_path: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._wrong_type(field, value, go_path)
        limit = 2**63 if field.kind == "int64" else 2**31
        if isinstance(value, float) or not -limit <= value < limit:
            raise self._wrong_type(field, value, go_path, f"number {value}")
        return value

    def _quantity(self, field: Field, value: Any, go_path: str) -> str:
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise self._wrong_type(field, value, go_path)
        try:
            return canonical(value)
        except ValueError as error:
            raise DecodeError(str(error)) from error

    def _time(self, text: str) -> str:
        try:
            if is_rfc3339(text):
                parse_rfc3339(text)
                return text
        except (ValueError, OverflowError):
            pass
        raise DecodeError(parse_error(text))

    def _demand(self, type_: type, field: Field, value: Any, go_path: str) -> Any:
        if not isinstance(value, type_):
            raise self._wrong_type(field, value, go_path)
        return value

    def _wrong_type(self, field: Field, value: Any, go_path: str, found: str = "") -> DecodeError:
        found = found or json_type(value)
        where = f"into Go struct field {go_path} of type {field.go_type}"
        return DecodeError(f"json: cannot unmarshal {found} {where}")
