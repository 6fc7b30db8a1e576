"""kubectl attach: to a process that runs in a container already.

Models kubectl's `pkg/cmd/attach`. Left out: keys to detach with.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import pods
from clusters.terminal.kubectl.cmd import exec as exec_
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import duration, string

_HINT: Final = (
    "All commands and output from this session will be recorded in container logs, including credentials and "
    "sensitive information passed through the command prompt.\n"
    "If you don't see a command prompt, try pressing enter.\n"
)


async def run(k: Kubectl) -> None:
    seconds = exec_.demand_timeout(k)
    if not k.args:
        raise CommandError("at least 1 argument is required for attach")
    if len(k.args) > 2:
        said = f"saw {len(k.args)}: [{' '.join(k.args)}]"
        raise CommandError(f"expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) {said}")
    kind, name = ("pods", k.args[0]) if len(k.args) == 1 else k.args
    pod = await exec_.find_pod(k, kind, name, seconds)
    exec_.demand_running(pod, "attach")
    await attach(k, pod, k.flags["container"], stdin=k.flags["stdin"], tty=k.flags["tty"])


async def attach(k: Kubectl, pod: Object, name: str, *, stdin: bool, tty: bool) -> None:
    """Attach to a container of the pod until its process ends, or nobody types any more.

    Raises CommandError.
    """
    quiet = k.flags["quiet"]
    try:
        container = pods.choose_container(k.err, pod, name, quiet=quiet)
    except CommandError as error:
        raise CommandError(f"cannot attach to the container: {error.message}") from error
    if tty and not container.get("tty") and not quiet:
        k.err(f"error: Unable to use a TTY - container {container['name']} did not allocate one\n")
    tty = bool(container.get("tty")) and stdin and k.host.interactive
    if not quiet:
        k.err(_HINT)
    query = [("container", container["name"]), *exec_.streams(stdin=stdin, tty=tty)]
    await exec_.carry(k, exec_.path_of(pod, "attach"), query, stdin=stdin, tty=tty)
    if tty and not quiet:
        k.out(f"{_resume(k, pod, container['name'])}\n")


def _resume(k: Kubectl, pod: Object, name: str) -> str:
    metadata = pod["metadata"]
    command = f"kubectl attach {metadata['name']} -c {name} -n {metadata['namespace']} -i -t"
    found = pods.find_container(pod, name)
    if found is not None and found[1] == "ephemeralContainers":
        return (
            "Session ended, the ephemeral container will not be restarted but may be reattached using "
            f"'{command}' if it is still running"
        )
    return f"Session ended, resume using '{command}' command"


COMMAND: Final = Command(
    "attach",
    run,
    (
        exec_.CONTAINER,
        exec_.STDIN,
        exec_.TTY,
        exec_.QUIET,
        duration("pod-running-timeout", 60.0, about="how long to wait for a pod"),
        string("detach-keys", "ctrl-p,ctrl-q"),
    ),
    use="(POD | TYPE/NAME) [-c CONTAINER]",
    about="Attach to the process of a container.",
)
