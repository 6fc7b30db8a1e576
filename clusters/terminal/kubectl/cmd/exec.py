"""kubectl exec: runs a command in a container.

Models kubectl's `pkg/cmd/exec`. Left out: files with several objects.
"""

from collections.abc import Sequence
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, pods, remotecommand
from clusters.terminal.kubectl.builder import Builder
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, duration, string

CONTAINER: Final = string("container", shorthand="c", about="which of the pod's containers")
STDIN: Final = boolean("stdin", shorthand="i", about="what is typed goes to the command")
TTY: Final = boolean("tty", shorthand="t", about="the command has a terminal")
BAD_TIMEOUT: Final = "--pod-running-timeout must be higher than zero"
QUIET: Final = boolean("quiet", shorthand="q", about="only what the command prints")


async def run(k: Kubectl) -> None:
    dash = k.flags.dash
    name = k.args[0] if k.args and dash != 0 else ""
    command = k.args[dash:] if dash in (0, 1) else []
    filenames = k.flags["filename"]
    if dash not in (0, 1) and (len(k.args) > 1 or (k.args and filenames)):
        raise k.usage_error(
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead"
        )
    seconds = demand_timeout(k)
    if not name and not filenames:
        raise CommandError("pod, type/name or --filename must be specified")
    if not command:
        raise CommandError("you must specify at least one command for the container")
    pod = await find_pod(k, "pods", name, seconds, filenames)
    demand_running(pod, "exec into")
    container = pods.choose_container(k.err, pod, k.flags["container"], quiet=k.flags["quiet"])
    await execute(k, pod, container["name"], command)


async def execute(k: Kubectl, pod: Object, container: str, command: list[str]) -> None:
    """Run the command in the container, with the line's flags for stdin and terminal."""
    stdin = k.flags["stdin"]
    tty = stdin and k.flags["tty"] and k.host.interactive
    if k.flags["tty"] and stdin and not tty and not k.flags["quiet"]:
        k.err("Unable to use a TTY - input is not a terminal or the right kind of file\n")
    query = [*(("command", word) for word in command), ("container", container)]
    query += streams(stdin=stdin, tty=tty)
    await carry(k, path_of(pod, "exec"), query, stdin=stdin, tty=tty)


async def carry(k: Kubectl, path: str, query: list[tuple[str, str]], *, stdin: bool, tty: bool) -> None:
    """Run it, with what is typed and printed here. Raises as remotecommand.stream does."""
    # A terminal that only knows lines has no use for the carriage returns of a real one.
    out = remotecommand.texts((lambda text: k.out(text.replace("\r", ""))) if tty else k.out)
    await remotecommand.stream(
        k, path, query, out, remotecommand.texts(k.err), typed(k, raw=tty) if stdin else None
    )


def streams(*, stdin: bool, tty: bool) -> list[tuple[str, str]]:
    """Which streams are asked for: with a terminal, all that is printed is on stdout."""
    query = [("stdin", "true")] if stdin else []
    query += [("stdout", "true"), *([] if tty else [("stderr", "true")])]
    return [*query, ("tty", "true")] if tty else query


def typed(k: Kubectl, *, raw: bool = False) -> remotecommand.Source:
    """What somebody types, line by line."""
    next_line = k.host.read_raw if raw and k.host.read_raw is not None else k.host.read_line

    async def read() -> bytes | None:
        line = await next_line()
        return None if line is None else line.encode()

    return read


def path_of(pod: Object, subresource: str) -> str:
    """The path of a pod's exec, attach ..."""
    metadata = pod["metadata"]
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/{subresource}"


async def find_pod(k: Kubectl, kind: str, name: str, seconds: float, filenames: Sequence[str] = ()) -> Object:
    """The pod of that name or of a file, or one of those that belong to `kind/name`. Raises CommandError."""
    builder = Builder(
        k, namespace=k.namespace, enforce_namespace=k.enforce_namespace, filenames=filenames
    ).resource_names(kind, [name] if name else [])
    info = (await builder.infos())[0]
    obj = info.obj
    if obj["kind"] == "Pod":
        return obj
    return (await pods.pods_of(k, obj, pods.by_activity, seconds, "cannot attach to"))[0]


def demand_running(pod: Object, doing: str) -> None:
    """Raises CommandError for a pod that has ended."""
    phase = (pod.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot {doing} a container in a completed pod; current phase is {phase}")


def demand_timeout(k: Kubectl) -> float:
    """The seconds of --pod-running-timeout. Raises CommandError."""
    if k.flags["pod-running-timeout"] <= 0:
        raise k.usage_error(BAD_TIMEOUT)
    return float(k.flags["pod-running-timeout"])


COMMAND: Final = Command(
    "exec",
    run,
    (
        flag_sets.FILENAME,
        CONTAINER,
        STDIN,
        TTY,
        QUIET,
        duration("pod-running-timeout", 60.0, about="how long to wait for a pod"),
    ),
    use="(POD | TYPE/NAME) [-c CONTAINER] -- COMMAND [args...]",
    about="Run a command in a container.",
)
