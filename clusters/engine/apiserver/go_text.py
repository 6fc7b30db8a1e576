"""Values as Go's `fmt` prints them with `%v`: some messages of the API server show a patch that way."""

from typing import Any


def go_text(value: Any) -> str:
    """A JSON-shaped value as Go prints it.

    >>> go_text({"name": "a", "args": ["x", 1], "tty": None, "stdin": True})
    'map[args:[x 1] name:a stdin:true tty:<nil>]'
    """
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(go_text(item) for item in value)}]"
    return str(value)


def go_type(value: Any) -> str:
    """How Go calls the type that its JSON decoder makes of a value."""
    if value is None:
        return "<nil>"
    names = {bool: "bool", int: "int64", float: "float64", str: "string", list: "[]interface {}"}
    return names.get(type(value), "map[string]interface {}")


def json_type(value: Any) -> str:
    """How Go's JSON decoder calls what it found, where something else was expected."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
