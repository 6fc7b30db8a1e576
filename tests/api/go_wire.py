"""Writes objects in protobuf as Go does: what is not set is written too, unless Go has a pointer to it."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import orjson

from clusters.api.protobuf.scalars import SCALARS
from clusters.api.protobuf.wire import VARINT
from clusters.engine.apiserver.messages import INLINE, MESSAGES
from clusters.engine.apiserver.resources import RESOURCES

KINDS = [
    *((r.api_version, r.kind) for r in RESOURCES if r.kind in MESSAGES),
    ("autoscaling/v1", "Scale"),
    ("policy/v1", "Eviction"),
    ("v1", "Binding"),
    ("v1", "DeleteOptions"),
    ("authentication.k8s.io/v1", "TokenRequest"),
]
"""(apiVersion, kind) of what a body may hold."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def varint(number):
    number &= 2**64 - 1
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def tagged(number, value):
    """One field: an int as a varint, bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def moment(text):
    since = datetime.fromisoformat(text) - EPOCH
    seconds = since // timedelta(seconds=1)
    micros = (since - timedelta(seconds=seconds)) // timedelta(microseconds=1)
    return tagged(1, seconds) + tagged(2, micros * 1000)


def int_or_string(value):
    is_text = isinstance(value, str)
    text, number = (value, 0) if is_text else ("", value or 0)
    return tagged(1, int(is_text)) + tagged(2, number) + tagged(3, text.encode())


WRITE = {
    "string": lambda value: (value or "").encode(),
    "bytes": lambda value: b64decode(value or ""),
    "Quantity": lambda value: tagged(1, (value or "").encode()),
    "IntOrString": int_or_string,
    "Time": lambda value: moment(value) if value else b"",
    "MicroTime": lambda value: moment(value) if value else b"",
    "FieldsV1": lambda value: tagged(1, orjson.dumps(value)),
    "Strings": lambda value: b"".join(tagged(1, item.encode()) for item in value),
}


def scalar(type_, value):
    """A value on the wire; None is one that is not set."""
    return int(value or 0) if SCALARS[type_].wire_type == VARINT else WRITE[type_](value)


def one(type_, value):
    return scalar(type_, value) if type_ in SCALARS else message(type_, value or {})


def message(name, obj):
    """A message with the fields of an object, those that are inline among them."""
    written = b""
    for number, field in MESSAGES[name].items():
        if field.name == INLINE:
            written += tagged(number, message(field.type, obj))
            continue
        value = obj.get(field.name)
        if field.shape == "list":
            written += b"".join(tagged(number, one(field.type, item)) for item in value or ())
        elif field.shape == "map":
            for key, item in (value or {}).items():
                written += tagged(number, tagged(1, key.encode()) + tagged(2, one(field.type, item)))
        elif value is not None or not field.pointer:
            written += tagged(number, one(field.type, value))
    return written


def enveloped(api_version, kind, raw):
    """A body: the message of an object and what it is."""
    meta = tagged(1, api_version.encode()) + tagged(2, kind.encode())
    return b"k8s\0" + tagged(1, meta) + tagged(2, raw) + tagged(3, b"") + tagged(4, b"")
