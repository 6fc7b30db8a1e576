"""Protocol Buffers on the wire: numbered values, one after the other.

Models the code that gogo/protobuf generates for Unmarshal, with its words for what is wrong. Groups, which
no message here has, are skipped.
"""

from collections.abc import Iterator
from typing import Final

VARINT: Final = 0
BYTES: Final = 2
_FIXED: Final = {1: 8, 5: 4}
_GROUP: Final = 3
_END_OF_GROUP: Final = 4
_LONGEST_VARINT: Final = 10
_LONGEST_LENGTH: Final = 2**63


class MalformedError(Exception):
    """The bytes are not what they are said to be; the text is Go's."""


def fields(data: bytes, message: str) -> Iterator[tuple[int, int, int | bytes]]:
    """(number, wire type, value) of every field of a message of that name, but for groups.

    Varints are unsigned and have 64 bits, all else is bytes. Raises MalformedError.
    """
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire_type = tag >> 3 & 0xFFFFFFFF, tag & 7
        if wire_type == _END_OF_GROUP:
            raise MalformedError(f"proto: {message}: wiretype end group for non-group")
        if not 0 < number < 2**31:
            raise MalformedError(f"proto: {message}: illegal tag {number} (wire type {wire_type})")
        if wire_type == _GROUP:
            at = _after_group(data, at)
        else:
            value, at = _value(data, at, wire_type)
            yield number, wire_type, value


def packed(data: bytes) -> Iterator[int]:
    """The varints that stand one after the other in a packed field. Raises MalformedError."""
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_LONGEST_VARINT):
        if at + index >= len(data):
            raise MalformedError("unexpected EOF")
        byte = data[at + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at + index + 1
    raise MalformedError("proto: integer overflow")


def _value(data: bytes, at: int, wire_type: int) -> tuple[int | bytes, int]:
    if wire_type == VARINT:
        return _varint(data, at)
    if wire_type == BYTES:
        length, at = _varint(data, at)
        if length >= _LONGEST_LENGTH:
            raise MalformedError("proto: negative length found during unmarshaling")
    elif wire_type in _FIXED:
        length = _FIXED[wire_type]
    else:
        raise MalformedError(f"proto: illegal wireType {wire_type}")
    if at + length > len(data):
        raise MalformedError("unexpected EOF")
    return data[at : at + length], at + length


def _after_group(data: bytes, at: int) -> int:
    depth = 1
    while depth:
        tag, at = _varint(data, at)
        if tag & 7 == _GROUP:
            depth += 1
        elif tag & 7 == _END_OF_GROUP:
            depth -= 1
        else:
            at = _value(data, at, tag & 7)[1]
    return at
