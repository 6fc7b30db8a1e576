"""The containers of a pod or of its template.

Models describeContainers of kubectl's `pkg/describe/describe.go`.
"""

from typing import Any

from clusters.engine.apiserver.tables.columns import number, part, parts, text, texts
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe.environment import describe_environment
from clusters.terminal.kubectl.describe.fields import flag, time_text
from clusters.terminal.kubectl.describe.prefix_writer import (
    LEVEL_0,
    LEVEL_1,
    LEVEL_2,
    LEVEL_3,
    PrefixWriter,
)
from clusters.terminal.kubectl.describe.probes import probe_text
from clusters.terminal.kubectl.printers.gofmt import quote


def describe_containers(
    label: str,
    containers: list[Object],
    statuses: list[Object],
    pod: Object | None,
    w: PrefixWriter,
    space: str = "",
) -> None:
    """Write the containers. `pod` is whose fields they are told of, None in a template."""
    by_name = {text(status, "name"): status for status in statuses}
    w.write(LEVEL_0, f"{space}{label}:{'' if containers else ' <none>'}\n")
    for container in containers:
        status = by_name.get(text(container, "name"))
        _basics(container, status, w, space)
        _words("Command", texts(container, "command"), w)
        _words("Args", texts(container, "args"), w)
        if status is not None:
            _state(status, w)
        describe_resources(part(container, "resources"), w, LEVEL_2)
        for title in ("Liveness", "Readiness", "Startup"):
            probe = container.get(f"{title.lower()}Probe")
            if isinstance(probe, dict):
                w.write(LEVEL_2, f"{title}:\t{probe_text(probe)}\n")
        describe_environment(container, pod, w)
        _mounts(container, w)


def describe_resources(resources: Object, w: PrefixWriter, level: int) -> None:
    """Write limits and requests."""
    for title in ("Limits", "Requests"):
        amounts = part(resources, title.lower())
        if amounts:
            w.write(level, f"{title}:\n")
        for name in sorted(amounts):
            w.write(level + 1, f"{name}:\t{amounts[name]}\n")


def describe_seccomp(context: Object, w: PrefixWriter, level: int, profile_level: int) -> None:
    """Write the seccomp profile of a securityContext, if it has one."""
    profile = context.get("seccompProfile")
    if isinstance(profile, dict):
        w.write(level, f"SeccompProfile:\t{text(profile, 'type')}\n")
        if text(profile, "type") == "Localhost":
            w.write(profile_level, f"LocalhostProfile:\t{text(profile, 'localhostProfile')}\n")


def _basics(container: Object, status: Object | None, w: PrefixWriter, space: str) -> None:
    w.write(LEVEL_1, f"{' ' if space else ''}{text(container, 'name')}:\n")
    if status is not None:
        w.write(LEVEL_2, f"Container ID:\t{text(status, 'containerID')}\n")
    w.write(LEVEL_2, f"Image:\t{text(container, 'image')}\n")
    if status is not None:
        w.write(LEVEL_2, f"Image ID:\t{text(status, 'imageID')}\n")
    _ports("Port", "containerPort", container, w)
    _ports("Host Port", "hostPort", container, w)
    describe_seccomp(part(container, "securityContext"), w, LEVEL_2, LEVEL_3)


def _ports(title: str, field: str, container: Object, w: PrefixWriter) -> None:
    ports = [
        f"{number(port, field)}/{text(port, 'protocol')}" + (f" ({port['name']})" if port.get("name") else "")
        for port in parts(container, "ports")
    ]
    plural = "s" if len(ports) > 1 else ""
    w.write(LEVEL_2, f"{title}{plural}:\t{', '.join(ports) or '<none>'}\n")


def _words(title: str, words: list[str], w: PrefixWriter) -> None:
    if words:
        w.write(LEVEL_2, f"{title}:\n")
    for word in words:
        for line in word.split("\n"):
            w.write(LEVEL_3, f"{line}\n")


def _state(status: Object, w: PrefixWriter) -> None:
    _one_state("State", part(status, "state"), w)
    last = part(status, "lastState")
    if isinstance(last.get("terminated"), dict):
        _one_state("Last State", last, w)
    w.write(LEVEL_2, f"Ready:\t{flag(status, 'ready')}\n")
    w.write(LEVEL_2, f"Restart Count:\t{number(status, 'restartCount')}\n")


def _one_state(title: str, state: Object, w: PrefixWriter) -> None:
    running: Any = state.get("running")
    waiting: Any = state.get("waiting")
    terminated: Any = state.get("terminated")
    if isinstance(running, dict):
        w.write(LEVEL_2, f"{title}:\tRunning\n")
        w.write(LEVEL_3, f"Started:\t{time_text(running.get('startedAt'))}\n")
    elif isinstance(waiting, dict):
        w.write(LEVEL_2, f"{title}:\tWaiting\n")
        _if_any("Reason", text(waiting, "reason"), w)
    elif isinstance(terminated, dict):
        w.write(LEVEL_2, f"{title}:\tTerminated\n")
        _end(terminated, w)
    else:
        w.write(LEVEL_2, f"{title}:\tWaiting\n")


def _end(terminated: Object, w: PrefixWriter) -> None:
    _if_any("Reason", text(terminated, "reason"), w)
    _if_any("Message", text(terminated, "message"), w)
    w.write(LEVEL_3, f"Exit Code:\t{number(terminated, 'exitCode')}\n")
    if number(terminated, "signal") > 0:
        w.write(LEVEL_3, f"Signal:\t{number(terminated, 'signal')}\n")
    w.write(LEVEL_3, f"Started:\t{time_text(terminated.get('startedAt'))}\n")
    w.write(LEVEL_3, f"Finished:\t{time_text(terminated.get('finishedAt'))}\n")


def _if_any(title: str, said: str, w: PrefixWriter) -> None:
    if said:
        w.write(LEVEL_3, f"{title}:\t{said}\n")


def _mounts(container: Object, w: PrefixWriter) -> None:
    mounts = parts(container, "volumeMounts")
    none = "" if mounts else "\t<none>"
    w.write(LEVEL_2, f"Mounts:{none}\n")
    for mount in sorted(mounts, key=lambda mount: text(mount, "mountPath")):
        flags = "ro" if flag(mount, "readOnly") else "rw"
        if mount.get("subPath"):
            flags += f",path={quote(text(mount, 'subPath'))}"
        w.write(LEVEL_3, f"{text(mount, 'mountPath')} from {text(mount, 'name')} ({flags})\n")
    devices = parts(container, "volumeDevices")
    if devices:
        w.write(LEVEL_2, f"Devices:{none}\n")
    for device in sorted(devices, key=lambda device: text(device, "devicePath")):
        w.write(LEVEL_3, f"{text(device, 'devicePath')} from {text(device, 'name')}\n")
