"""kubectl run: a pod of an image.

Models kubectl's `pkg/cmd/run`, and for clusters in book mode the generators of kubectl before 1.18. Left
out: keys to detach with.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from clusters.engine import names
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.cmd import run_attached
from clusters.terminal.kubectl.cmd.delete import REPLACING, propagation
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, KubectlError
from clusters.terminal.kubectl.generate import (
    OVERRIDES,
    SAVE_CONFIG,
    Creation,
    collection,
    overridden,
    parse_labels,
    parse_pairs,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import Flag, array, boolean, duration, integer, string, strings
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.record import RECORD, record
from clusters.terminal.kubectl.scheme import typed

_IGNORED: Final = "it is ignored by kubectl run and will be removed in a future release"
_DOMAIN: Final = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_PATH: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE: Final = re.compile(
    rf"(?:(?:{_DOMAIN}(?:\.{_DOMAIN})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?{_PATH}(?:/{_PATH})*"
    r"(?::[0-9A-Za-z_][0-9A-Za-z_.-]{0,127})?"
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
)
"""distribution's ReferenceRegexp."""
_NUMBER: Final = re.compile("[+-]?[0-9]{1,18}")
_RESTART: Final = ("Always", "OnFailure", "Never")
_PULL: Final = ("Always", "IfNotPresent", "Never")


Generate = Callable[[Object, str, dict[str, str]], tuple[Object, str]]
"""From a pod, a name and labels to an object and the plural of its kind."""


async def run(k: Kubectl) -> None:
    await _run(k, _as_pod)


async def _run(k: Kubectl, generate: Generate) -> None:
    pod = _pod(k)
    if k.flags["pod-running-timeout"] <= 0:
        raise CommandError("--pod-running-timeout must be higher than zero")
    creation = Creation(k)
    propagation(k)
    _validate(k, creation.dry_run)
    name, labels = k.args[0], parse_labels(k.flags["labels"])
    pod["metadata"]["name"] = pod["spec"]["containers"][0]["name"] = name
    obj, plural = generate(pod, name, labels or {"run": name})
    made = [await _create(k, creation, overridden(k, obj), plural)]
    problem: Exception | None = None
    if k.flags["expose"]:
        try:
            made.append(await _create(k, creation, _service(k, name, labels), "services"))
        except KubectlError as error:
            problem = error
    if is_attached(k):
        await run_attached.attach_to(k, made)
        return
    for one in made:
        creation.printer.print(one)
    if problem is not None:
        raise problem


def _as_pod(pod: Object, _name: str, labels: dict[str, str]) -> tuple[Object, str]:
    pod["metadata"]["labels"] = labels
    return pod, "pods"


async def _create(k: Kubectl, creation: Creation, obj: Object, plural: str) -> Object:
    obj = typed(obj)
    record(k, obj)
    if creation.dry_run == "client" and k.enforce_namespace:
        obj["metadata"]["namespace"] = k.namespace
    return await creation.send(obj, collection(k, plural), annotate=creation.dry_run != "client")


def is_attached(k: Kubectl) -> bool:
    """Whether somebody wants to see what the pod prints."""
    return bool(k.flags["attach"] if k.flags.changed("attach") else k.flags["stdin"])


def restart_policy(k: Kubectl) -> str:
    """Raises CommandError for one that there is not."""
    said: str = k.flags["restart"]
    if not said:
        return "OnFailure" if k.flags["stdin"] else "Always"
    if said not in _RESTART:
        raise CommandError(f"invalid restart policy: {said}, valid values are: {', '.join(_RESTART)}")
    return said


def _pod(k: Kubectl) -> Object:
    """The pod but for its names, with what upstream completes before it validates. Raises CommandError."""
    annotations, _ = parse_pairs(k.flags["annotations"], "annotations")
    parse_labels(k.flags["labels"])
    container = _container(k)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"annotations": annotations},
        "spec": {
            "containers": [container],
            "dnsPolicy": "ClusterFirst",
            "restartPolicy": restart_policy(k),
        },
    }


def _container(k: Kubectl) -> Object:
    flags = k.flags
    container: Object = {
        "image": flags["image"],
        "env": [_env(text) for text in flags["env"]],
        "stdin": flags["stdin"],
        "stdinOnce": flags["stdin"] and not flags["leave-stdin-open"],
        "tty": flags["tty"],
    }
    restart_policy(k)
    pull = flags["image-pull-policy"]
    if pull and pull not in _PULL:
        raise CommandError(f"invalid image pull policy: {pull}, valid values are: {', '.join(_PULL)}")
    if pull:
        container["imagePullPolicy"] = pull
    if flags["privileged"]:
        container["securityContext"] = {"privileged": True}
    container["command" if flags["command"] else "args"] = k.args[1:]
    if _NUMBER.fullmatch(flags["port"]):
        container["ports"] = [{"containerPort": int(flags["port"])}]
    return container


def _env(text: str) -> Object:
    name, equals, value = text.partition("=")
    if not equals or not name or names.environment_variable(name):
        raise CommandError(f"invalid env: {text}")
    return {"name": name, "value": value}


def _validate(k: Kubectl, dry_run: str) -> None:
    flags = k.flags
    image, port = flags["image"], flags["port"]
    attached = is_attached(k)
    for wrong, said in (
        (not k.args, "NAME is required for run"),
        (not image, "--image is required"),
        (
            not _IMAGE.fullmatch(image),
            f"invalid image name {quote(image)}: invalid reference format",
        ),
        (flags["tty"] and not flags["stdin"], "-i/--stdin is required for containers with -t/--tty=true"),
        (flags["expose"] and not port, "--port must be set when exposing a service"),
        (port and not _NUMBER.fullmatch(port), "--port must be a number"),
        (not attached and flags["rm"], "--rm should only be used for attached containers"),
        (
            attached and dry_run != "none",
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, "
            "or --tty)",
        ),
    ):
        if wrong:
            raise CommandError(said)


def _service(k: Kubectl, name: str, labels: dict[str, str]) -> Object:
    port = int(k.flags["port"])
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "selector": labels or {"run": name},
            "ports": [{"port": port, "protocol": "TCP", "targetPort": port}],
        },
    }


_GENERATORS: Final = ("run/v1", "run-pod/v1")


async def run_in_book_mode(k: Kubectl) -> None:
    """Run, with the generators of kubectl before 1.18."""
    generator = k.flags["generator"]
    if not generator:
        await run(k)
        return
    if generator not in _GENERATORS:
        raise CommandError(f"generator {quote(generator)} not found")
    k.err(
        f"kubectl run --generator={generator} is DEPRECATED and will be removed in a future version. "
        "Use kubectl run --generator=run-pod/v1 or kubectl create instead.\n"
    )
    await _run(k, _as_pod if generator == "run-pod/v1" else partial(_as_controller, k.flags["replicas"]))


def _as_controller(replicas: int, pod: Object, name: str, labels: dict[str, str]) -> tuple[Object, str]:
    """What BasicReplicationController of kubectl 1.17 generated."""
    template = {"metadata": {"labels": labels}, "spec": {"containers": pod["spec"]["containers"]}}
    controller: Object = {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": name, "labels": labels},
        "spec": {"replicas": replicas, "selector": labels, "template": template},
    }
    return controller, "replicationcontrollers"


_FLAGS: Final[tuple[Flag, ...]] = (
    *REPLACING,
    strings("filename", shorthand="f", deprecated=_IGNORED, shorthand_deprecated=_IGNORED),
    string("kustomize", shorthand="k"),
    boolean("recursive", shorthand="R"),
    *flag_sets.PRINT,
    RECORD,
    flag_sets.DRY_RUN,
    array("annotations", about="annotations of the pod"),
    string("image", about="the image of the container"),
    string("image-pull-policy", about="Always, IfNotPresent or Never"),
    boolean("rm", about="delete the pod when it has ended"),
    array("env", about="a variable: NAME=value"),
    string("port", about="the port that the container listens on"),
    string("labels", shorthand="l", about="labels of the pod, instead of run=NAME"),
    boolean("stdin", shorthand="i", about="type into the container"),
    boolean("tty", shorthand="t", about="with a terminal"),
    boolean("attach", about="show what it prints"),
    boolean("leave-stdin-open"),
    string("restart", "Always", about="Always, OnFailure or Never"),
    boolean("command", about="what follows -- is the command, and not its arguments"),
    boolean("expose", about="make a Service, too"),
    boolean("quiet", shorthand="q", about="say less"),
    boolean("privileged"),
    string("detach-keys", "ctrl-p,ctrl-q"),
    flag_sets.field_manager("kubectl-run"),
    *OVERRIDES,
    SAVE_CONFIG,
    duration("pod-running-timeout", 60.0, about="how long to wait until it runs"),
)
COMMAND: Final = Command(
    "run",
    run,
    _FLAGS,
    required=("image",),
    use="NAME --image=image [--port=port] -- [COMMAND] [args...]",
    about="Run an image in a pod.",
)
BOOK_COMMAND: Final = replace(
    COMMAND,
    run=run_in_book_mode,
    flags=(
        *_FLAGS,
        string("generator", about="run/v1 makes a ReplicationController, as kubectl did before 1.18"),
        integer("replicas", 1, "r", about="how many pods a ReplicationController has"),
    ),
)
"""What a cluster in book mode has instead."""
