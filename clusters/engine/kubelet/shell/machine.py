"""A container as the programs in it see it, and who can run there.

Stands in for the kernel, the container runtime and the root file system. A Machine is made for one use: a
kubectl exec, a probe, or the reading of a log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from clusters.engine.images import Image, programs_of
from clusters.engine.kubelet.shell.effects import Effect, Output, Run
from clusters.engine.kubelet.shell.files import Files


@dataclass
class Machine:
    """`now` is the simulated time; whoever runs programs moves it on.

    `command` is the command line of process 1. With `strict` a program that is in the image and not
    simulated says so; without, it is taken to succeed in silence, as for commands of manifests. `started` is
    when process 1 was.

    `work` is what programs have done so far, in units of about a microsecond of real time: whoever runs
    them does not let them go on for ever. `endless` says in how many loops without an end they are, `asked`
    how often they have asked the network, as far as whoever runs them counts that.
    """

    image: Image
    files: Files
    programs: Mapping[str, "Program"]
    variables: dict[str, str]
    hostname: str = "localhost"
    address: str = "127.0.0.1"
    kernel: str = ""
    command: str = ""
    directory: str = "/"
    started: float = 0.0
    now: float = 0.0
    strict: bool = True
    tty: bool = False
    processes: list[str] = field(default_factory=list)
    work: int = 0
    endless: int = 0
    asked: int = 0

    @property
    def user(self) -> str:
        return self.image.user

    def spend(self, work: int) -> None:
        """A program does so much work."""
        self.work += work

    def has(self, program: str) -> bool:
        """Whether a name or path is a program of the image."""
        return program.rpartition("/")[2] in programs_of(self.image)


def work_of(effect: Effect) -> int:
    """The units of work that it takes to carry an effect out."""
    return 2 + len(effect.data) // 64 if isinstance(effect, Output) else 2


class Call(NamedTuple):
    """One run of a program: its arguments without its name, where it runs, how it runs another, how deep."""

    machine: Machine
    name: str
    arguments: list[str]
    variables: dict[str, str]
    start: Callable[..., Run]
    depth: int = 0


Program = Callable[[Call], Run]
