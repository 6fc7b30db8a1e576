"""curl and ping as they are typed at the terminal: on the learner's laptop, outside of the cluster.

They are the programs that containers have (`engine/kubelet/shell`), on a machine that is no pod. Nobody
there knows the cluster's names, pods' and Services' own addresses lead nowhere, and load balancers and
nodes are reached as from anywhere. Waiting takes the cluster's time.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Final

from clusters.engine.images import Image
from clusters.engine.kubelet.shell import http_clients, ping
from clusters.engine.kubelet.shell.builtins import Interrupt
from clusters.engine.kubelet.shell.effects import (
    STDOUT,
    Change,
    Connect,
    Effect,
    Output,
    Ping,
    Resolve,
    Run,
    Sleep,
)
from clusters.engine.kubelet.shell.files import Files
from clusters.engine.kubelet.shell.machine import Call, Machine, Program
from clusters.engine.kubelet.shell.session import World
from clusters.engine.network import Refused
from clusters.engine.network.dns import Found
from clusters.engine.network.routing import LAPTOP
from clusters.terminal.kubectl.host import Host

PROGRAMS: Final[dict[str, Program]] = {"curl": http_clients.curl, **ping.PROGRAMS}
"""What can be run here, by name."""
CANNOT_WRITE: Final = 23
"""curl's exit code."""
_IMAGE: Final = Image("laptop", 0, base="debian", curl="8.14.1")


class _CannotWriteError(Exception):
    """A file could not be written; the text says why."""


async def run(words: Sequence[str], world: World, host: Host) -> int:
    """Run a program with its arguments; returns its exit code.

    What it asks of the network is recorded in the world's traffic. A task that is cancelled is Ctrl+C.
    """
    machine = Machine(
        _IMAGE, Files({}), PROGRAMS, {}, hostname="laptop", address=LAPTOP, now=world.now(), tty=True
    )
    program = PROGRAMS[words[0]](Call(machine, words[0], list(words[1:]), {}, _nothing_else))
    answer: object = None
    try:
        while True:
            answer = await _perform(program.send(answer), machine, world, host)
    except StopIteration as end:
        return int(end.value)
    except _CannotWriteError as error:
        host.err(f"Warning: {error}\ncurl: ({CANNOT_WRITE}) Failure writing output to destination\n")
        return CANNOT_WRITE
    except asyncio.CancelledError:
        _interrupt(program, host)
        raise


def _print(output: Output, host: Host) -> None:
    show = host.out if output.stream == STDOUT else host.err
    show(output.data.decode("utf-8", "replace"))


async def _perform(effect: Effect, machine: Machine, world: World, host: Host) -> object:
    """Do what the program asks for; returns the answer."""
    if isinstance(effect, Output):
        _print(effect, host)
    elif isinstance(effect, Sleep):
        await host.sleep(effect.seconds)
        machine.now = world.now()
    elif isinstance(effect, Change):
        await _write(effect, host)
    elif isinstance(effect, (Connect, Resolve, Ping)):
        return _asked(effect, world)
    return None


def _asked(effect: Connect | Resolve | Ping, world: World) -> object:
    """What the network says to a machine outside of the cluster."""
    if isinstance(effect, Resolve):
        return Found("localhost", ["127.0.0.1"]) if effect.name.lower() == "localhost" else None
    here = ip_address(effect.address).is_loopback or effect.address == LAPTOP
    if isinstance(effect, Ping):
        return here or world.network().answers_ping(None, effect.address)
    if here:
        return Refused()
    network = world.network()
    return network.request(None, effect.address, effect.port, effect.request, name=effect.name)


async def _write(effect: Change, host: Host) -> None:
    name = effect.path.removeprefix("/")
    try:
        await host.files.write(name, (effect.content or b"").decode("utf-8", "replace"))
    except ValueError as error:
        raise _CannotWriteError(f"Failed to open the file {name}: {error}") from error


def _interrupt(program: Run, host: Host) -> None:
    """Let a program say what it says on Ctrl+C."""
    with suppress(StopIteration, Interrupt):
        effect = program.throw(Interrupt())
        while isinstance(effect, Output):
            _print(effect, host)
            effect = program.send(None)


def _nothing_else(words: list[str]) -> Run:
    """Programs here start no others."""
    yield from ()
    return 1
