"""kubectl logs: what containers have written.

Models kubectl's `pkg/cmd/logs` and `pkg/polymorphichelpers/logsforobject.go`. Several logs that are not
followed come in the order of their containers; upstream's come in none.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.gotime import parse_time
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, pods
from clusters.terminal.kubectl.builder import Builder
from clusters.terminal.kubectl.cmd import exec as exec_
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, KubectlError, is_not_found
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, duration, integer, string
from clusters.terminal.kubectl.remotecommand import texts

_USAGE: Final = (
    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n"
    "POD or TYPE/NAME is a required argument for the logs command"
)
_SELECTOR_TAIL: Final = 10
_RETRY: Final = 1.0
"""Seconds between two tries to follow a log that could not be had."""


class Source(NamedTuple):
    """The log of one container."""

    pod: Object
    container: str


async def run(k: Kubectl) -> None:
    flags = k.flags
    _demand_arguments(k)
    seconds = flags["pod-running-timeout"]
    if seconds <= 0:
        raise CommandError(exec_.BAD_TIMEOUT)
    container = flags["container"] or (k.args[1] if len(k.args) == 2 else "")
    query = _query(k)
    found = await _objects(k)
    _validate(k, container)
    sources: list[Source] = []
    for obj in found:
        sources += await _sources(k, obj, container, seconds)
    most = flags["max-log-requests"]
    if flags["follow"] and len(sources) > max(most, 1):
        raise CommandError(
            f"you are attempting to follow {len(sources)} log streams, but maximum allowed concurrency is "
            f"{most}, use --max-log-requests to increase the limit"
        )
    if flags["follow"] and len(sources) > 1:
        async with asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(_follow(k, source, query, seconds))
        return
    for source in sources:
        await _consume(k, source, query, seconds)


def _demand_arguments(k: Kubectl) -> None:
    count, selector = len(k.args), k.flags["selector"]
    if count > 2 or (count == 0 and not selector):
        raise k.usage_error(_USAGE)
    if count == 1 and selector:
        raise k.usage_error("only a selector (-l) or a POD name is allowed")


def _validate(k: Kubectl, container: str) -> None:
    flags = k.flags
    if flags["since-time"] and flags["since"]:
        raise CommandError("at most one of `sinceTime` or `sinceSeconds` may be specified")
    if flags["all-containers"] and container:
        raise CommandError(f"--all-containers=true should not be specified with container name {container}")
    if flags.changed("container") and len(k.args) == 2:
        raise CommandError("only one of -c or an inline [CONTAINER] arg is allowed")
    if flags["limit-bytes"] < 0:
        raise CommandError("--limit-bytes must be greater than 0")
    if flags["since"] < 0:
        raise CommandError("--since must be greater than 0")
    if flags["tail"] < -1:
        raise CommandError("--tail must be greater than or equal to -1")


def _query(k: Kubectl) -> list[tuple[str, str]]:
    flags = k.flags
    if flags["since-time"]:
        _demand_time(flags["since-time"])
    tail = flags["tail"]
    if flags["selector"] and not flags.changed("tail"):
        tail = _SELECTOR_TAIL
    asked = {
        "follow": "true" if flags["follow"] else "",
        "limitBytes": str(flags["limit-bytes"] or ""),
        "previous": "true" if flags["previous"] else "",
        "sinceSeconds": str(round(flags["since"])) if flags["since"] else "",
        "sinceTime": flags["since-time"],
        "tailLines": str(tail) if tail != -1 else "",
        "timestamps": "true" if flags["timestamps"] else "",
    }
    return [(name, value) for name, value in asked.items() if value]


def _demand_time(text: str) -> None:
    try:
        parse_time(text)
    except ValueError as error:
        raise CommandError(str(error)) from error


async def _objects(k: Kubectl) -> Sequence[Object]:
    """What is named, or the pods that are selected."""
    builder = Builder(k, namespace=k.namespace, single_type=True, label_selector=k.flags["selector"])
    builder.resource_names("pods", [name for name in k.args[:1] if name])
    if k.flags["selector"]:
        builder.resource_types("pods")
    try:
        infos = await builder.infos()
    except KubectlError as error:
        if is_not_found(error):
            said = f'error from server (NotFound): {error} in namespace "{k.namespace}"'
            raise CommandError(f"error: {said}") from error
        raise
    if not k.flags["selector"]:
        return [infos[0].obj]
    found = [{"apiVersion": "v1", "kind": "Pod", **pod} for info in infos for pod in info.obj["items"]]
    if not found:
        k.err(f"No resources found in {k.namespace} namespace.\n")
    return found


async def _sources(k: Kubectl, obj: Object, container: str, seconds: float) -> list[Source]:
    """The logs that are meant by an object."""
    if obj["kind"] == "Pod":
        return _of_pod(k, obj, container)
    found = await pods.pods_of(k, obj, pods.by_logging, seconds, "cannot get the logs from")
    if len(found) > 1 and not k.flags["all-pods"]:
        k.err(f"Found {len(found)} pods, using pod/{found[0]['metadata']['name']}\n")
    shown = found if k.flags["all-pods"] else found[:1]
    return [source for pod in shown for source in _of_pod(k, pod, container)]


def _of_pod(k: Kubectl, pod: Object, container: str) -> list[Source]:
    spec = pod["spec"]
    if k.flags["all-containers"]:
        parts = ("initContainers", "containers", "ephemeralContainers")
        return [Source(pod, found["name"]) for part in parts for found in spec.get(part) or ()]
    usual = (pod["metadata"].get("annotations") or {}).get(pods.DEFAULT_CONTAINER, "")
    if not container and usual:
        if pods.find_container(pod, usual) is None:
            k.err(f'Default container name "{usual}" not found in pod {pod["metadata"]["name"]}\n')
        else:
            container = usual
    if container and pods.find_container(pod, container) is None:
        raise pods.no_container(pod, container)
    return [Source(pod, container or _first(k, pod))]


def _first(k: Kubectl, pod: Object) -> str:
    name = str(pod["spec"]["containers"][0]["name"])
    if pods.has_several_containers(pod) and not k.flags["all-pods"]:
        k.err(f'Defaulted container "{name}" out of: {pods.all_container_names(pod)}\n')
    return name


async def _consume(k: Kubectl, source: Source, query: list[tuple[str, str]], seconds: float) -> None:
    if k.flags["follow"]:
        await _follow(k, source, query, seconds)
        return
    try:
        await _print(k, source, query)
    except StatusError as error:
        if not k.flags["ignore-errors"]:
            raise
        k.out(f"error: {error.message}\n")


async def _follow(k: Kubectl, source: Source, query: list[tuple[str, str]], seconds: float) -> None:
    """Print a log as it is written; one that is not there yet is asked for again, for a while."""
    until = k.host.now() + seconds
    while True:
        try:
            await _print(k, source, query)
            return
        except StatusError as error:
            if k.flags["ignore-errors"]:
                k.out(f"error: {error.message}\n")
                return
            k.err(f"{error.message}\n")
        if k.host.now() >= until:
            raise CommandError("context deadline exceeded")
        await asyncio.sleep(_RETRY)


async def _print(k: Kubectl, source: Source, query: list[tuple[str, str]]) -> None:
    """Write a log to stdout, whole lines at a time."""
    pod, container = source
    prefix = ""
    if k.flags["prefix"] or k.flags["all-pods"]:
        prefix = f"[pod/{pod['metadata']['name']}/{container}] "
    write = texts(_prefixing(k.out, prefix))
    rest = b""
    path = exec_.path_of(pod, "log")
    async for chunk in k.client.stream(path, (("container", container), *query)):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        write(whole + newline)
    write(rest)


def _prefixing(write: Callable[[str], None], prefix: str) -> Callable[[str], None]:
    if not prefix:
        return write
    return lambda text: write("".join(prefix + line for line in text.splitlines(keepends=True)))


COMMAND: Final = Command(
    "logs",
    run,
    (
        boolean("all-pods", about="of all pods"),
        boolean("all-containers", about="of all containers"),
        boolean("follow", shorthand="f", about="go on as it is written"),
        boolean("timestamps", about="with the time of each line"),
        integer("limit-bytes", about="at most so many bytes"),
        boolean("previous", shorthand="p", about="of the container before it was restarted"),
        integer("tail", -1, about="only the last lines"),
        boolean("ignore-errors"),
        string("since-time", about="since a time such as 2026-01-31T12:00:00Z"),
        duration("since", about="of the last 5s, 2m, 3h"),
        exec_.CONTAINER,
        boolean("insecure-skip-tls-verify-backend"),
        duration("pod-running-timeout", 20.0, about="how long to wait for a pod"),
        flag_sets.SELECTOR,
        integer("max-log-requests", 5, about="how many logs may be followed at once"),
        boolean("prefix", about="begin each line with its pod and container"),
    ),
    use="[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
    about="Print the log of a container.",
)
