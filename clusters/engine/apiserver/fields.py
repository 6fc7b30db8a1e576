"""What is wrong with one field of an object.

Models apimachinery's `pkg/util/validation/field/errors.go`.
"""

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

REQUIRED: Final = "Required value"
INVALID: Final = "Invalid value"
FORBIDDEN: Final = "Forbidden"
NOT_SUPPORTED: Final = "Unsupported value"
DUPLICATE: Final = "Duplicate value"
TOO_LONG: Final = "Too long"
TOO_MANY: Final = "Too many"
NOT_FOUND: Final = "Not found"
INTERNAL: Final = "Internal error"

_REASONS: Final = {
    REQUIRED: "FieldValueRequired",
    INVALID: "FieldValueInvalid",
    FORBIDDEN: "FieldValueForbidden",
    NOT_SUPPORTED: "FieldValueNotSupported",
    DUPLICATE: "FieldValueDuplicate",
    TOO_LONG: "FieldValueTooLong",
    TOO_MANY: "FieldValueTooMany",
    NOT_FOUND: "FieldValueNotFound",
    INTERNAL: "InternalError",
}
_WITHOUT_VALUE: Final = frozenset({REQUIRED, FORBIDDEN, TOO_LONG, INTERNAL})


class FieldError(NamedTuple):
    """One complaint: what is wrong (a constant above), where, with which value, and why."""

    type: str
    field: str
    value: Any
    detail: str

    @property
    def reason(self) -> str:
        """As a Status cause names it, such as `FieldValueInvalid`."""
        return _REASONS[self.type]

    @property
    def message(self) -> str:
        """The complaint without its field, as a Status cause has it."""
        parts = [self.type]
        if self.type not in _WITHOUT_VALUE:
            parts.append(quoted(self.value))
        if self.detail:
            parts.append(self.detail)
        return ": ".join(parts)

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def quoted(value: Any) -> str:
    """A value as an error message shows it: `"text"`, `7`, `{"app":"kubia"}`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def required(field: str, detail: str = "") -> FieldError:
    """The field is missing or empty."""
    return FieldError(REQUIRED, field, "", detail)


def invalid(field: str, value: Any, detail: str) -> FieldError:
    """The value breaks the rule that `detail` tells."""
    return FieldError(INVALID, field, value, detail)


def forbidden(field: str, detail: str) -> FieldError:
    """The field may not be set like that here."""
    return FieldError(FORBIDDEN, field, "", detail)


def duplicate(field: str, value: Any, detail: str = "") -> FieldError:
    """The value was used before, where it may be used once."""
    return FieldError(DUPLICATE, field, value, detail)


def not_found(field: str, value: Any) -> FieldError:
    """The value names something that is not there."""
    return FieldError(NOT_FOUND, field, value, "")


def internal(field: str, detail: str) -> FieldError:
    """The server cannot do it, though the field is right."""
    return FieldError(INTERNAL, field, "", detail)


def too_long(field: str, longest: int) -> FieldError:
    """The value has more than `longest` bytes."""
    return FieldError(TOO_LONG, field, "", f"may not be more than {longest} bytes")


def too_many(field: str, count: int, most: int) -> FieldError:
    """The list has more than `most` items."""
    return FieldError(TOO_MANY, field, count, f"must have at most {most} items")


def not_supported(field: str, value: Any, supported: Iterable[str]) -> FieldError:
    """The value is not one of the `supported` ones, which are told in that order."""
    known = ", ".join(quoted(name) for name in supported)
    return FieldError(NOT_SUPPORTED, field, value, f"supported values: {known}")
