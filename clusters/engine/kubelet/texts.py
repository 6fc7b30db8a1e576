"""How the kubelet and the container runtime write durations, pods and programs into their messages.

Models Go's `time.Duration.String`, `pkg/kubelet/util/format`, and runc, which looks for a program as Go's
`exec.LookPath` does.
"""

from clusters.engine.objects import Object, name_of, namespace_of, uid_of


def go_duration(seconds: float) -> str:
    """A duration as Go prints it, to the millisecond.

    >>> [go_duration(span) for span in (0, 0.85, 6.55, 10, 62.5, 300)]
    ['0s', '850ms', '6.55s', '10s', '1m2.5s', '5m0s']
    """
    milliseconds = round(seconds * 1000)
    if 0 < milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{minutes}m{text}" if minutes else text


def pod_text(pod: Object) -> str:
    """The pod as `name_namespace(uid)`."""
    return f"{name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})"


def missing_program(program: str) -> str:
    """What runc says of a program that the image does not have; only a bare name is looked for in $PATH.

    >>> missing_program("/usr/bin/nothing")
    'exec: "/usr/bin/nothing": stat /usr/bin/nothing: no such file or directory'
    """
    why = (
        f"stat {program}: no such file or directory"
        if "/" in program
        else "executable file not found in $PATH"
    )
    return f'exec: "{program}": {why}'
