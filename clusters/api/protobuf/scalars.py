"""From single values on the wire to what stands for them in JSON.

Models the messages of apimachinery that are written as one value: Quantity, IntOrString, Time, MicroTime,
FieldsV1, and lists that have a type of their own.
"""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from clusters.api.protobuf.wire import BYTES, VARINT, MalformedError, fields

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ZERO_TIME: Final = datetime(1, 1, 1, tzinfo=UTC)


class Scalar(NamedTuple):
    """How a type is read: its wire type, from the value there to JSON's, and what it is when not set."""

    wire_type: int
    read: Callable[[Any], Any]
    zero: Any


def text(value: bytes) -> str:
    """A text; bytes that are none become U+FFFD, as they do in Go's JSON."""
    return value.decode("utf-8", "replace")


def _int32(value: int) -> int:
    value &= 0xFFFFFFFF
    return value - 2**32 if value >= 2**31 else value


def _int64(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _by_number(data: bytes, message: str) -> dict[int, Any]:
    return {number: value for number, _, value in fields(data, message)}


def _bytes_at(number: int, found: dict[int, Any]) -> bytes:
    value = found.get(number, b"")
    if not isinstance(value, bytes):
        raise MalformedError(f"proto: wrong wireType = {VARINT} for field {number}")
    return value


def _int_at(number: int, found: dict[int, Any]) -> int:
    value = found.get(number, 0)
    if not isinstance(value, int):
        raise MalformedError(f"proto: wrong wireType = {BYTES} for field {number}")
    return value


def _quantity(data: bytes) -> str:
    return text(_bytes_at(1, _by_number(data, "Quantity"))) or "0"


def _int_or_string(data: bytes) -> int | str:
    found = _by_number(data, "IntOrString")
    type_ = _int64(_int_at(1, found))
    if type_ not in (0, 1):
        raise MalformedError("impossible IntOrString.Type")
    return text(_bytes_at(3, found)) if type_ else _int32(_int_at(2, found))


def _moment(data: bytes, message: str, microseconds: bool) -> datetime | None:
    if not data:
        return None
    found = _by_number(data, message)
    seconds, nanos = _int64(_int_at(1, found)), _int32(_int_at(2, found))
    try:
        moment = _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000 if microseconds else 0)
    except OverflowError as error:
        raise MalformedError("Time.MarshalJSON: year outside of range [0,9999]") from error
    return None if moment == _ZERO_TIME else moment


def _time(data: bytes) -> str | None:
    moment = _moment(data, "Timestamp", microseconds=False)
    return None if moment is None else f"{moment.replace(tzinfo=None).isoformat()}Z"


def _micro_time(data: bytes) -> str | None:
    moment = _moment(data, "Timestamp", microseconds=True)
    return None if moment is None else f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _fields_v1(data: bytes) -> Any:
    raw = _bytes_at(1, _by_number(data, "FieldsV1"))
    try:
        return orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError as error:
        raise MalformedError(f"json: error calling MarshalJSON for type *v1.FieldsV1: {error}") from error


def _strings(data: bytes) -> list[str]:
    items = []
    for number, wire_type, value in fields(data, "ExtraValue"):
        if number == 1:
            if not isinstance(value, bytes):
                raise MalformedError(f"proto: wrong wireType = {wire_type} for field Items")
            items.append(text(value))
    return items


SCALARS: Final = {
    "string": Scalar(BYTES, text, ""),
    "bytes": Scalar(BYTES, lambda value: b64encode(value).decode("ascii"), ""),
    "bool": Scalar(VARINT, bool, False),
    "int32": Scalar(VARINT, _int32, 0),
    "int64": Scalar(VARINT, _int64, 0),
    "Quantity": Scalar(BYTES, _quantity, "0"),
    "IntOrString": Scalar(BYTES, _int_or_string, 0),
    "Time": Scalar(BYTES, _time, None),
    "MicroTime": Scalar(BYTES, _micro_time, None),
    "FieldsV1": Scalar(BYTES, _fields_v1, None),
    "Strings": Scalar(BYTES, _strings, []),
}
