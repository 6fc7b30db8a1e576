"""The query of GET .../log: which lines are wanted, and in which form.

Models core/v1 PodLogOptions with its validation (`pkg/apis/core/validation` ValidatePodLogOptions) and
`pkg/kubelet/kuberuntime/logs`. Left out: insecureSkipTLSVerifyBackend.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from clusters.engine.apiserver import fields
from clusters.engine.apiserver.errors import bad_request, invalid
from clusters.engine.gotime import parse_time
from clusters.engine.kubelet.log_sources import LogLine

ALL: Final = "All"
STREAMS: Final = (ALL, "Stderr", "Stdout")


@dataclass(frozen=True)
class LogOptions:
    """`since_time` is in simulated seconds since the epoch, `stream` one of STREAMS."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    since_seconds: int | None = None
    since_time: float | None = None
    limit_bytes: int | None = None
    stream: str = ALL


def options_of(query: Mapping[str, str], pod: str = "") -> LogOptions:
    """The options that a query for the log of a pod names.

    Raises StatusError 400 for what is no number, and 422 for what makes no sense.
    """
    options = LogOptions(
        query.get("container", ""),
        _flag(query, "follow"),
        _flag(query, "previous"),
        _flag(query, "timestamps"),
        _number(query, "tailLines"),
        _number(query, "sinceSeconds"),
        _moment(query, "sinceTime"),
        _number(query, "limitBytes"),
        query.get("stream") or ALL,
    )
    wrong = list(_wrong(options))
    if wrong:
        raise invalid("PodLogOptions", pod, wrong)
    return options


def _wrong(options: LogOptions) -> Iterable[fields.FieldError]:
    if options.tail_lines is not None and options.tail_lines < 0:
        yield fields.invalid("tailLines", options.tail_lines, "must be greater than or equal to 0")
    if options.limit_bytes is not None and options.limit_bytes < 1:
        yield fields.invalid("limitBytes", options.limit_bytes, "must be greater than 0")
    if options.since_seconds is not None and options.since_time is not None:
        yield fields.forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified")
    elif options.since_seconds is not None and options.since_seconds < 1:
        yield fields.invalid("sinceSeconds", options.since_seconds, "must be greater than 0")
    if options.stream not in STREAMS:
        yield fields.not_supported("stream", options.stream, STREAMS)
    elif options.stream != ALL and options.tail_lines is not None:
        yield fields.forbidden("", "`tailLines` and specific `stream` are mutually exclusive for now")


def of_stream(lines: Iterable[LogLine], options: LogOptions) -> list[LogLine]:
    """The lines of the stream that is wanted."""
    return [line for line in lines if options.stream in (ALL, line.stream.capitalize())]


def select(lines: Iterable[LogLine], options: LogOptions, now: float) -> list[LogLine]:
    """The lines that `stream`, `sinceSeconds`, `sinceTime` and `tailLines` leave."""
    since = options.since_time
    if options.since_seconds is not None:
        since = now - options.since_seconds
    found = [line for line in of_stream(lines, options) if since is None or line.time >= since]
    if options.tail_lines is None:
        return found
    return found[-options.tail_lines :] if options.tail_lines else []


def encode(line: LogLine, options: LogOptions) -> bytes:
    """The line as it is sent."""
    head = f"{rfc3339_nano(line.time)} " if options.timestamps else ""
    return f"{head}{line.text}\n".encode("utf-8", "replace")


def rfc3339_nano(time: float) -> str:
    """As Go's RFC3339Nano writes it: a fraction without zeros at its end."""
    moment = datetime.fromtimestamp(time, UTC)
    fraction = f"{moment.microsecond:06d}".rstrip("0")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"


def _flag(query: Mapping[str, str], name: str) -> bool:
    # As apimachinery's conversion: everything but these is true, also a name without a value.
    return name in query and query[name].lower() not in ("0", "false")


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _moment(query: Mapping[str, str], name: str) -> float | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        raise bad_request(str(error)) from None
