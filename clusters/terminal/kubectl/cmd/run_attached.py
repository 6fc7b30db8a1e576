"""kubectl run -i, --attach and --rm: what it does once the pod is there.

Models the part of kubectl's `pkg/cmd/run` after the objects are created.
"""

from contextlib import suppress
from typing import Any

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Object, is_ready
from clusters.terminal.kubectl import pods
from clusters.terminal.kubectl.cmd import exec as exec_
from clusters.terminal.kubectl.cmd.attach import attach
from clusters.terminal.kubectl.cmd.delete import propagation
from clusters.terminal.kubectl.errors import CommandError, ExitError, is_not_found
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.waiting import Check, until

_ENDED = ("Succeeded", "Failed")


async def attach_to(k: Kubectl, made: list[Object]) -> None:
    """Attach to the pod, the first of what was made; at the end delete all of it if --rm says so."""
    try:
        await _attach(k, made[0])
    finally:
        if k.flags["rm"]:
            await _remove(k, made)


async def _attach(k: Kubectl, obj: Object) -> None:
    pod = await _wait(k, await _pod_of(k, obj), _is_running_or_ended)
    if _phase(pod) in _ENDED:
        await _print_log(k, pod)
    else:
        await _attach_to_running(k, pod)
    policy = pod["spec"].get("restartPolicy")
    if not k.flags["leave-stdin-open"] and policy != "Always":
        _tell_failure(await _wait(k, pod, _has_succeeded if policy == "OnFailure" else _has_ended))


async def _attach_to_running(k: Kubectl, pod: Object) -> None:
    with suppress(StatusError):
        await _print_log(k, pod)
    try:
        await attach(k, pod, "", stdin=k.flags["stdin"], tty=k.flags["tty"])
    except (CommandError, StatusError) as error:
        name = pod["metadata"]["name"]
        k.err(f"warning: couldn't attach to pod/{name}, falling back to streaming logs: {error.message}\n")
        await _print_log(k, pod)


async def _pod_of(k: Kubectl, obj: Object) -> Object:
    """The pod itself, or the first of a controller."""
    if obj["kind"] == "Pod":
        return obj
    seconds = k.flags["pod-running-timeout"]
    return (await pods.pods_of(k, obj, pods.by_activity, seconds, "cannot attach to"))[0]


async def _print_log(k: Kubectl, pod: Object) -> None:
    container = pods.choose_container(k.err, pod, "", quiet=True)["name"]
    async for chunk in k.client.stream(exec_.path_of(pod, "log"), (("container", container),)):
        k.out(chunk.decode("utf-8", "replace"))


async def _wait(k: Kubectl, pod: Object, check: Check) -> Object:
    mapping = (await k.mapper()).find("pods")
    metadata = pod["metadata"]
    return await until(
        k, mapping, metadata["namespace"], metadata["name"], check, k.flags["pod-running-timeout"]
    )


def _phase(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase") or "")


def _demand_pod(type_: str) -> None:
    if type_ == "DELETED":
        raise StatusError(404, "NotFound", 'pods "" not found')


def _is_running_or_ended(type_: str, pod: Any) -> bool:
    _demand_pod(type_)
    return _phase(pod) in _ENDED or (_phase(pod) == "Running" and is_ready(pod))


def _has_ended(type_: str, pod: Any) -> bool:
    _demand_pod(type_)
    return _phase(pod) in _ENDED


def _has_succeeded(type_: str, pod: Any) -> bool:
    _demand_pod(type_)
    return _phase(pod) == "Succeeded"


def _tell_failure(pod: Object) -> None:
    """Raises ExitError, with the exit code of the container, if the pod has failed."""
    if _phase(pod) == "Succeeded":
        return
    name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    statuses = (pod.get("status") or {}).get("containerStatuses") or [{}]
    ended = (statuses[0].get("state") or {}).get("terminated") or {}
    code = ended.get("exitCode") or 0
    if not code:
        raise CommandError(f"pod {name} failed with unknown exit code")
    reason, message = ended.get("reason") or "", ended.get("message") or ""
    text = f"pod {name} terminated ({reason})\n{message}"
    raise ExitError(code, text if text.endswith("\n") else f"{text}\n")


async def _remove(k: Kubectl, made: list[Object]) -> None:
    mapper = await k.mapper()
    options = {"propagationPolicy": propagation(k)}
    for obj in made:
        mapping = mapper.of_object(obj)
        assert mapping is not None
        name, namespace = obj["metadata"]["name"], obj["metadata"]["namespace"]
        try:
            await k.client.delete(mapping.path(namespace, name), options)
        except StatusError as error:
            if not is_not_found(error):
                raise
        else:
            if not k.flags["quiet"]:
                k.out(f'{mapping.group_kind.lower()} "{name}" deleted from {namespace} namespace\n')
