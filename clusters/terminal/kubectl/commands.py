"""All commands of kubectl, and the run of one line.

Models kubectl's `pkg/cmd/cmd.go`, in whose order they stand: suggestions follow it.
"""

import dataclasses
from collections.abc import Sequence
from typing import Final

from clusters.terminal.kubectl import cobra, errors, flag_sets
from clusters.terminal.kubectl.cmd import (
    annotate,
    apiresources,
    apply,
    attach,
    auth,
    autoscale,
    clusterinfo,
    cp,
    create,
    delete,
    describe,
    diff,
    drain,
    edit,
    events,
    explain,
    expose,
    get,
    label,
    logs,
    patch,
    replace,
    rollout,
    scale,
    taint,
    top,
    version,
    wait,
)
from clusters.terminal.kubectl.cmd import exec as exec_
from clusters.terminal.kubectl.cmd import help as help_
from clusters.terminal.kubectl.cmd import run as run_
from clusters.terminal.kubectl.cmd import set as set_
from clusters.terminal.kubectl.cobra import Command, Found
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.help import help_text
from clusters.terminal.kubectl.host import Host
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.printers.gofmt import quote


def _missing(name: str, hidden: bool = False) -> Command:
    """A command that the real kubectl has, and this one has not."""
    return Command(name, unsupported=True, hidden=hidden)


ROOT: Final = Command(
    "kubectl",
    commands=(
        create.COMMAND,
        expose.COMMAND,
        run_.COMMAND,
        set_.COMMAND,
        explain.COMMAND,
        get.COMMAND,
        edit.COMMAND,
        delete.COMMAND,
        rollout.COMMAND,
        scale.COMMAND,
        autoscale.COMMAND,
        _missing("certificate"),
        clusterinfo.COMMAND,
        top.COMMAND,
        drain.CORDON,
        drain.UNCORDON,
        drain.DRAIN,
        taint.COMMAND,
        describe.COMMAND,
        logs.COMMAND,
        attach.COMMAND,
        exec_.COMMAND,
        _missing("port-forward"),
        _missing("proxy"),
        cp.COMMAND,
        auth.COMMAND,
        _missing("debug"),
        events.COMMAND,
        diff.COMMAND,
        apply.COMMAND,
        patch.COMMAND,
        replace.COMMAND,
        wait.COMMAND,
        _missing("kustomize"),
        label.COMMAND,
        annotate.COMMAND,
        _missing("completion"),
        _missing("alpha", hidden=True),
        _missing("config"),
        _missing("plugin"),
        version.COMMAND,
        apiresources.API_VERSIONS,
        apiresources.API_RESOURCES,
        _missing("options", hidden=True),
        _missing("kuberc"),
        help_.COMMAND,
    ),
)


_BOOK_ROOT: Final = dataclasses.replace(
    ROOT,
    commands=tuple(run_.BOOK_COMMAND if command is run_.COMMAND else command for command in ROOT.commands),
)


def root(book_mode: bool = False) -> Command:
    """All commands; in book mode, `run` has the flags that it had in old books."""
    return _BOOK_ROOT if book_mode else ROOT


async def run(words: Sequence[str], host: Host) -> int:
    """Run a line, without its first word `kubectl`; returns the exit code.

    Cancelling the task interrupts it.
    """
    try:
        found = find(words, host.book_mode)
        if found.wants_help or found.command.run is None:
            return _help(found, host)
        flag_sets.refuse_unusable(found.flags)
        cobra.check_line(found)
        for line in found.flags.deprecations:
            host.err(f"{line}\n")
        flag_sets.demand_timeout(found.flags)
        kubectl = Kubectl(host, found)
        await found.command.run(kubectl)
    except errors.KubectlError as error:
        message, code = errors.check(error)
        host.err(message)
        return code
    return _code_of_warnings(kubectl)


def _help(found: Found, host: Host) -> int:
    """Help that somebody wants, or needs: cmdutil.DefaultSubCommandRun."""
    if found.args and not found.wants_help:
        raise cobra.usage_error(found, f"unknown command {quote(' '.join(found.args))}")
    if found.wants_help or len(found.chain) == 1:
        host.out(help_text(found))
        return 0
    host.err(help_text(found))
    return 1


def find(words: Sequence[str], book_mode: bool = False) -> Found:
    """What a line means. Raises CommandError."""
    return cobra.find(root(book_mode), flag_sets.PERSISTENT, words)


def _code_of_warnings(kubectl: Kubectl) -> int:
    count = len(kubectl.client.warnings)
    if not count or not kubectl.flags["warnings-as-errors"]:
        return 0
    said = CommandError(f"{count} warning{'s' * (count > 1)} received")
    message, code = errors.check(said)
    kubectl.err(message)
    return code
