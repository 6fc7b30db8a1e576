"""Which names, label keys, values and numbers are allowed.

Models apimachinery's `pkg/util/validation`. Checks return what is wrong, in Kubernetes' words, () for a
good value.
"""

import re
from functools import lru_cache
from typing import Final

Complaints = tuple[str, ...]

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE: Final = f"({_QUALIFIED})?"
_REMEMBERED: Final = 320
"""Characters of the longest texts about which is remembered what is wrong: no good one is longer."""

_CHARACTERS: Final = (
    "must consist of lower case alphanumeric characters{}, and must start and end with an alphanumeric"
    " character"
)


def dns1123_label(value: str) -> Complaints:
    """Names of namespaces, containers, Services (by the relaxed rule of 1.37) and their ports."""
    complaints = _too_long(value, 63)
    if re.fullmatch(_LABEL, value):
        return complaints
    if re.fullmatch(_SUBDOMAIN, value):
        return (*complaints, "must not contain dots")
    said = "a lowercase RFC 1123 label " + _CHARACTERS.format(" or '-'")
    return (*complaints, _regex(said, _LABEL, "my-name", "123-abc"))


def dns1123_subdomain(value: str) -> Complaints:
    """Names of most objects."""
    return (_subdomain if len(value) <= _REMEMBERED else _subdomain.__wrapped__)(value)


@lru_cache(maxsize=4096)
def _subdomain(value: str) -> Complaints:
    complaints = _too_long(value, 253)
    if re.fullmatch(_SUBDOMAIN, value):
        return complaints
    said = "a lowercase RFC 1123 subdomain " + _CHARACTERS.format(", '-' or '.'")
    return (*complaints, _regex(said, _SUBDOMAIN, "example.com"))


def label_key(key: str) -> Complaints:
    """Keys of labels, annotations, taints and node selectors: `app`, `example.com/app`."""
    return (_label_key if len(key) <= _REMEMBERED else _label_key.__wrapped__)(key)


@lru_cache(maxsize=4096)
def _label_key(key: str) -> Complaints:
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        said = "a qualified name " + _qualified_characters()
        said = _regex(said, _QUALIFIED, "MyName", "my.name", "123-abc")
        return (f"{said} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",)
    complaints: Complaints = ()
    if slash and not prefix:
        complaints = ("prefix part must be non-empty",)
    elif slash:
        complaints = tuple(f"prefix part {said}" for said in dns1123_subdomain(prefix))
    if not name:
        complaints = (*complaints, "name part must be non-empty")
    else:
        complaints = (*complaints, *(f"name part {said}" for said in _too_long(name, 63)))
    if not re.fullmatch(_QUALIFIED, name):
        said = _regex(_qualified_characters(), _QUALIFIED, "MyName", "my.name", "123-abc")
        complaints = (*complaints, f"name part {said}")
    return complaints


def label_value(value: str) -> Complaints:
    """Values of labels: empty or like a name."""
    return (_label_value if len(value) <= _REMEMBERED else _label_value.__wrapped__)(value)


@lru_cache(maxsize=4096)
def _label_value(value: str) -> Complaints:
    complaints = _too_long(value, 63)
    if re.fullmatch(_LABEL_VALUE, value):
        return complaints
    said = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and"
    said += " must start and end with an alphanumeric character"
    return (*complaints, _regex(said, _LABEL_VALUE, "MyValue", "my_value", "12345"))


def port_name(value: str) -> Complaints:
    """Names of a container's ports."""
    checks = (
        (len(value.encode()) <= 15, "must be no more than 15 bytes"),
        (
            re.fullmatch("[-a-z0-9]+", value) is not None,
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (re.search("[a-z]", value) is not None, "must contain at least one letter (a-z)"),
        ("--" not in value, "must not contain consecutive hyphens"),
        (not value.startswith("-") and not value.endswith("-"), "must not begin or end with a hyphen"),
    )
    return tuple(said for good, said in checks if not good)


def environment_variable(name: str) -> Complaints:
    """Names of environment variables, by the strict rule that kubectl has kept."""
    pattern = "[-._a-zA-Z][-._a-zA-Z0-9]*"
    complaints: Complaints = ()
    if not re.fullmatch(pattern, name):
        said = (
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or "
            "'.', and must not start with a digit"
        )
        complaints = (_regex(said, pattern, "my.env-name", "MY_ENV.NAME", "MyEnvName1"),)
    return (*complaints, *_of_folders(name))


def config_key(key: str) -> Complaints:
    """Keys of ConfigMaps and Secrets, which become names of files."""
    complaints = _too_long(key, 253)
    if not re.fullmatch("[-._a-zA-Z0-9]+", key):
        said = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        complaints = (*complaints, _regex(said, "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name"))
    return (*complaints, *_of_folders(key))


def _of_folders(name: str) -> Complaints:
    """What paths would read as something else."""
    if name in (".", ".."):
        return (f"must not be '{name}'",)
    return ("must not start with '..'",) if name.startswith("..") else ()


def port_number(value: int) -> Complaints:
    """Numbers of ports."""
    return in_range(value, 1, 65535)


def in_range(value: int, low: int, high: int) -> Complaints:
    """Numbers from `low` to `high`, both included."""
    return () if low <= value <= high else (f"must be between {low} and {high}, inclusive",)


def not_negative(value: int) -> Complaints:
    """Numbers from 0."""
    return () if value >= 0 else ("must be greater than or equal to 0",)


def _qualified_characters() -> str:
    return (
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
        " alphanumeric character"
    )


def _too_long(value: str, longest: int) -> Complaints:
    return () if len(value.encode()) <= longest else (f"must be no more than {longest} bytes",)


def _regex(said: str, pattern: str, *examples: str) -> str:
    shown = ", ".join(f" or '{example}'" if i else f"'{example}'" for i, example in enumerate(examples))
    return f"{said} (e.g. {shown}, regex used for validation is '{pattern}')"
