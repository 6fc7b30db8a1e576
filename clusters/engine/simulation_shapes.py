"""What the simulator keeps beside Kubernetes' own fields, and in its own kinds: which shapes that may have.

For what comes from outside. Who writes it relies on it: `kubelet/states.py` says what the fields mean.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from clusters.engine import base64_text, ipam, names
from clusters.engine.apiserver.validation.service import is_ipv4
from clusters.engine.cluster import COMPONENTS, KEY, PROFILES, PULLS
from clusters.engine.images import image_of, parse_reference
from clusters.engine.kubelet import probes
from clusters.engine.network.clients import PLACES
from clusters.engine.objects import Object, containers_of, ephemeral_containers_of
from clusters.engine.shapes import (
    BOOL,
    TIME,
    Shape,
    ShapeError,
    integer,
    list_of,
    map_of,
    nullable,
    number,
    one_of,
    record,
    text,
)

_COUNT: Final = integer(0, 2**53)
_SECONDS: Final = number(0, 10**9)
_CIDR: Final = re.compile(r"10\.244\.(\d{1,3})\.0/24")


def _file(value: Any, place: str) -> None:
    text()(value, place)
    try:
        base64_text.decode(value)
    except ValueError as error:
        raise ShapeError(f"{place}: base64 is expected") from error


def _answer(value: Any, place: str) -> None:
    """What the network told a process, see kubelet/transcript.py."""
    text()(value, place)
    try:
        after, plain = json.loads(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise ShapeError(f"{place}: a time and an answer are expected") from error
    _SECONDS(after, place)
    if not isinstance(plain, list):
        nullable(BOOL)(plain, place)
    elif plain[:1] == ["http"]:
        _http(plain, place)
    elif len(plain) == 2 and isinstance(plain[1], list):
        nullable(text(253))(plain[0], place)
        list_of(text(253), 1000)(plain[1], place)
    else:
        list_of(one_of("api", "closed", "refused", "lost"), 1, 1)(plain, place)


def _http(plain: list[Any], place: str) -> None:
    if len(plain) != 4:
        raise ShapeError(f"{place}: a status, headers and a body are expected")
    integer(100, 599)(plain[1], place)
    list_of(list_of(text(), 2, 2), 100)(plain[2], place)
    text()(plain[3], place)


_ENV: Final = map_of(text(2**20), 10_000)
_ANSWERS: Final = list_of(_answer, 500)
_LAST: Final = record(
    {"exitCode": integer(-(2**31), 2**31 - 1), "finishedAt": text(40), "containerID": text(300)},
    {"reason": text(), "message": text(), "startedAt": text(40)},
)
_LASTING: Final[Mapping[str, Shape]] = {
    "image": text(4096),
    "id": text(64),
    "made": text(4096),
    "attempts": _COUNT,
    "last": _LAST,
    "life": list_of(TIME, 2, 2),
    "told": record({"env": _ENV, "answers": _ANSWERS}),
    "backoff": _SECONDS,
    "backoffAt": TIME,
    "pullBackoff": _SECONDS,
    "tries": _COUNT,
}
_DEATH: Final = record(
    {"at": TIME, "code": integer(-(2**31), 2**31 - 1), "reason": text(), "message": text()}
)
_PROBE: Final = record(
    {"next": TIME, "failures": _COUNT, "successes": _COUNT, "told": _COUNT}, {"remote": BOOL}
)
_RUNNING: Final[Mapping[str, Shape]] = {
    "readyAt": TIME,
    "dies": _DEATH,
    "stopping": one_of(True),
    "clash": integer(1, 65535),
    "env": _ENV,
    "answers": _ANSWERS,
    "asksAt": TIME,
    "moved": _SECONDS,
    "files": map_of(nullable(_file), 1000),
    "probes": record({}, dict.fromkeys(probes.KINDS, _PROBE)),
}
_ERROR: Final = {"error": text()}
_UNTIL: Final = {"until": TIME}
_PHASES: Final[Mapping[str, tuple[Mapping[str, Shape], Mapping[str, Shape]]]] = {
    "image": ({}, {}),
    "pulling": (
        {**_UNTIL, "image": text(4096), "from": TIME, "asked": TIME, "pulls": text(4096)},
        {"how": one_of(*PULLS)},
    ),
    "pull-error": ({**_UNTIL, **_ERROR, "image": text(4096), "retry": TIME}, {}),
    "pull-backoff": ({**_UNTIL, **_ERROR, "image": text(4096)}, {}),
    "never": ({**_ERROR, "image": text(4096)}, {}),
    "invalid": ({**_ERROR, "image": text(4096)}, {}),
    "creating": ({**_UNTIL, "image": text(4096)}, {}),
    "running": (
        {
            **{"since": TIME, "ready": BOOL},
            **{field: _LASTING[field] for field in ("image", "id", "made", "attempts")},
        },
        _RUNNING,
    ),
    "backoff": ({**_UNTIL, **{field: _LASTING[field] for field in ("image", "id", "last", "backoff")}}, {}),
    "exited": ({field: _LASTING[field] for field in ("image", "id", "last")}, {}),
    "config-error": ({**_UNTIL, **_ERROR, "image": text(4096)}, {}),
}
"""The fields of a container's state by its phase: which it must and which it may have, besides _LASTING."""
_WITH_PROCESS: Final = frozenset({"creating", "running"})
"""Phases in which the image is known to be there; in others it may have been changed to any name."""
_WITH_NAME: Final = frozenset({"pulling", "pull-error", "pull-backoff", "never"})
"""Phases in which the image is known to have the name of one."""

_DELETION: Final = {"deletedAt": TIME, "deleteAt": TIME}
_NODE: Final = record(
    {},
    {
        **_DELETION,
        "powered": BOOL,
        "kubelet": one_of("running", "stopped"),
        "boot": text(64),
        "images": map_of(integer(0, 2**53)),
        "cordoned": BOOL,
        "heartbeat": TIME,
        "moved": _SECONDS,
        "bandwidth": number(1, 10**12),
    },
)
_POD: Final[Mapping[str, Shape]] = {
    **_DELETION,
    "slot": integer(0, 10_000),
    "boot": nullable(text(64)),
    "mount": record({"until": TIME, "pause": _SECONDS}),
    "sandboxAt": TIME,
    "due": nullable(TIME),
    "evictAt": nullable(TIME),
    "moved": _SECONDS,
}
_SERVICE: Final = record({}, {**_DELETION, "loadBalancer": record({"due": TIME})})
_OTHER: Final = record({}, _DELETION)


def check_simulation(obj: Object) -> None:
    """Raises ShapeError if what the simulator remembers about a Kubernetes object is not of a known shape."""
    if "simulation" not in obj:
        return
    notes, kind = obj["simulation"], obj["kind"]
    if kind == "Pod":
        record({}, {**_POD, "containers": _containers(obj)})(notes, "simulation")
    else:
        {"Node": _NODE, "Service": _SERVICE}.get(kind, _OTHER)(notes, "simulation")


def _containers(pod: Object) -> Shape:
    known = [*containers_of(pod), *ephemeral_containers_of(pod)]
    return record({}, {container["name"]: _state for container in known})


def _state(value: Any, place: str) -> None:
    phase = str(value.get("phase")) if isinstance(value, dict) else ""
    one_of(*_PHASES)(phase, f"{place}.phase")
    required, optional = _PHASES[phase]
    record({"phase": text(), **required}, {**_LASTING, **optional})(value, place)
    if phase in _WITH_PROCESS and image_of(value["image"]) is None:
        raise ShapeError(f"{place}.image: there is no such image")
    if phase in _WITH_NAME:
        _check_name(value["image"], f"{place}.image")
    if "made" in value:
        _check_name(value["made"], f"{place}.made")
    if "answers" in value and "env" not in value:
        raise ShapeError(f"{place}.env: it is missing")


def _check_name(image: str, place: str) -> None:
    try:
        parse_reference(image)
    except ValueError as error:
        raise ShapeError(f"{place}: {error}") from error


_CLUSTER: Final = record(
    {
        "delays": one_of(*PROFILES),
        "cloud": BOOL,
        "stopped": list_of(one_of(*COMPONENTS), len(COMPONENTS)),
        "clock": record(
            {"anchorWall": TIME, "anchorSimulated": TIME, "speed": number(1, 100), "paused": BOOL},
            {
                "steps": record(
                    {}, {"count": _COUNT, "by": text(300), "at": TIME, "first": _COUNT, "last": _COUNT}
                ),
                "role": one_of("act", "own"),
            },
        ),
    },
    {
        "book": BOOL,
        "pulls": one_of(*PULLS),
        "limits": map_of(_COUNT),
        "continuedFrom": record({"revision": _COUNT, "time": TIME, "at": TIME}),
    },
)
_BLOCK: Final = record(
    {
        "number": integer(0, ipam.LAST_RANGE),
        "cidr": text(18),
        "next": integer(ipam.FIRST_HOST, ipam.LAST_HOST + 1),
        "freed": list_of(integer(ipam.FIRST_HOST, ipam.LAST_HOST), ipam.LAST_HOST),
        "retired": nullable(TIME),
    }
)
_CLIENT: Final = record(
    {
        "place": one_of(*PLACES),
        "pod": nullable(record({"namespace": text(63), "name": text(253), "uid": text(36)})),
        "address": text(15),
        "target": text(253),
        "port": integer(1, 65535),
        "every": integer(1, 60),
        "since": TIME,
    }
)


def check_internal(obj: Object) -> None:
    """Raises ShapeError for an object of one of the simulator's own kinds that is not as it should be."""
    record({"apiVersion": one_of("lifelines/v1"), "kind": text(), "metadata": _METADATA, "spec": _ANY})(
        obj, ""
    )
    kind, name, spec = obj["kind"], obj["metadata"]["name"], obj["spec"]
    if names.dns1123_subdomain(name) or (kind == KEY.kind and name != KEY.name):
        raise ShapeError("metadata.name: there is no such object")
    {"Cluster": _CLUSTER, "IPAMBlock": _BLOCK, "TrafficClient": _CLIENT}[kind](spec, "spec")
    if kind == ipam.KIND:
        _check_range(spec)
    elif kind == "TrafficClient":
        _check_client(spec)


def _any(value: Any, place: str) -> None:
    return


_ANY: Final[Shape] = _any
_METADATA: Final = record(
    {"name": text(253), "uid": text(36), "creationTimestamp": text(40), "resourceVersion": text(20)}
)


def _check_range(spec: Object) -> None:
    match = _CIDR.fullmatch(spec["cidr"])
    if spec["number"] and (match is None or int(match[1]) != spec["number"]):
        raise ShapeError("spec.cidr: it is not the range of that number")
    if len(set(spec["freed"])) != len(spec["freed"]):
        raise ShapeError("spec.freed: a number is there twice")


def _check_client(spec: Object) -> None:
    if (spec["place"] == "pod") != (spec["pod"] is not None):
        raise ShapeError("spec.pod: only a client in a pod has one")
    if spec["address"] and not is_ipv4(spec["address"]):
        raise ShapeError("spec.address: an IPv4 address is expected")
    target = spec["target"]
    if not is_ipv4(target) and names.dns1123_subdomain(target.removesuffix(".").lower()):
        raise ShapeError("spec.target: an IPv4 address or a name is expected")
