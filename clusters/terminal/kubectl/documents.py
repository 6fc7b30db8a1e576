"""From the text of a file to its documents: YAML, or JSON, or several of them.

Models apimachinery's `pkg/util/yaml` (YAMLOrJSONDecoder) over sigs.k8s.io/yaml and go-yaml, with their
messages. Nesting and aliases are bounded, as the API server bounds them.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import yaml

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.json_text import UNEXPECTED_END, syntax_error
from clusters.engine.apiserver.manifests import read_document
from clusters.terminal.kubectl.printers.gofmt import as_decoded

_CONVERTING: Final = "error converting YAML to JSON: "
_LINE: Final = re.compile(r"^line \d+: ")
_SAME: Final = {
    "mapping values are not allowed here": "mapping values are not allowed in this context",
    "found character '%' that cannot start any token": "found character that cannot start any token",
}
_MOST_DEPTH: Final = 100
_EXACT: Final = 2**63
"""Whole floats below this are integers in JSON as Go writes it."""


class DocumentError(ValueError):
    """A text that cannot be read, in the words of Go's libraries."""


def documents(text: str) -> Iterator[Any]:
    """The values of all documents, one after the other; None for an empty one. Raises DocumentError.

    Keys of mappings are in order, as they are once Go has made maps of them.
    """
    text = text.removeprefix("\ufeff")
    first: DocumentError | None = None
    if text.lstrip().startswith("{"):
        found = _JSONStream(text)
        yield from found
        if found.error is None:
            return
        text, first = found.rest, found.error
    for part in _split(text):
        try:
            value = yaml_document(part)
        except DocumentError as error:
            raise first or DocumentError(f"{_CONVERTING}{error}") from error
        yield value
        first = None


def yaml_document(text: str) -> Any:
    """The first document of a text as sigs.k8s.io/yaml reads it. Raises DocumentError."""
    try:
        return decoded(read_document(text)[0])
    except StatusError as error:
        raise DocumentError(_in_words_of_go(error)) from error


def to_json(text: str) -> Any:
    """The value of a text that is JSON if it begins with a brace, else YAML: yaml.ToJSON.

    Raises DocumentError; the words about JSON are those of the server's decoder.
    """
    if not text.lstrip().startswith("{"):
        return yaml_document(text)
    try:
        return decoded(_decoder().decode(text))
    except json.JSONDecodeError as error:
        raise DocumentError(syntax_error(error)[0]) from error


def decoded(value: Any, depth: int = 0) -> Any:
    """A value as Go keeps it: keys in order, whole floats as integers. Raises DocumentError if too deep."""
    if depth > _MOST_DEPTH:
        raise DocumentError("exceeded max depth")
    if isinstance(value, dict):
        return {key: decoded(value[key], depth + 1) for key in sorted(value)}
    if isinstance(value, list):
        return [decoded(item, depth + 1) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return as_decoded(value) if type(value) is int else value


class _JSONStream:
    """The values of a JSON text. After the last one that can be read, `error` is what stands in the way of
    the `rest`, None at the end."""

    def __init__(self, text: str) -> None:
        self.rest = text
        self.error: DocumentError | None = None
        self._text = text
        self._count = 0

    def __iter__(self) -> Iterator[Any]:
        at = 0
        while body := self._text[at:].lstrip():
            start = len(self._text) - len(body)
            try:
                value, end = _decoder().raw_decode(self._text, start)
            except json.JSONDecodeError as error:
                self._stop(error, at)
                return
            except RecursionError as error:
                raise DocumentError("exceeded max depth") from error
            self._count += 1
            at = end
            yield decoded(value)

    def _stop(self, error: json.JSONDecodeError, at: int) -> None:
        said, read = syntax_error(error)
        if said == UNEXPECTED_END:
            self.error = DocumentError("unexpected EOF")
        elif self._count > 1:
            raise DocumentError(said) from error
        else:
            offset = len(self._text[:read].encode())
            self.error = DocumentError(f"json: offset {offset}: {said}")
        self.rest = re.sub(r"^[^\S\n]*\n?", "", self._text[at:])


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_whole, parse_float=_float)


def _whole(text: str) -> int:
    _float(text)
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise DocumentError(f"json: cannot unmarshal number {text} into Go value of type float64")
    return value


def _refuse_constant(name: str) -> NoReturn:
    letter = name.removeprefix("-")[0]
    raise DocumentError(f"invalid character '{letter}' looking for beginning of value")


def _split(text: str) -> Iterator[str]:
    """The documents of a YAML text, between lines that begin with three dashes."""
    lines: list[str] = []
    for line in text.removesuffix("\n").split("\n") if text else ():
        if line.startswith("---"):
            after = line[3:].strip()
            if after and not after.startswith("#"):
                raise DocumentError(f"invalid Yaml document separator: {after}")
            if lines:
                yield "".join(lines)
                lines = []
                continue
        lines.append(line.removesuffix("\r") + "\n")
    if lines:
        yield "".join(lines)


def _in_words_of_go(error: StatusError) -> str:
    cause = error.__cause__
    if isinstance(cause, yaml.YAMLError):
        return f"yaml: {_where(cause)}{_why(cause)}"
    said = _LINE.sub("", error.message.removeprefix(f"{_CONVERTING}yaml: "))
    return said if said.startswith("json: ") else f"yaml: {said}"


def _where(error: yaml.YAMLError) -> str:
    """The line as go-yaml counts it: from one for what is no token, from zero for what is out of place."""
    for name in ("problem_mark", "context_mark"):
        mark = getattr(error, name, None)
        if mark is not None and mark.line:
            return f"line {mark.line + isinstance(error, yaml.scanner.ScannerError)}: "
    return ""


def _why(error: yaml.YAMLError) -> str:
    why = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return _SAME.get(why, why)
