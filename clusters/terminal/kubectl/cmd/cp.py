"""kubectl cp: copies a file between the file area and a container.

Models kubectl's `pkg/cmd/cp`: `tar` runs in the container. Left out: whole folders, and retries.
"""

import io
import posixpath
import tarfile
from typing import Final, NamedTuple

from clusters.engine.objects import Object
from clusters.terminal.kubectl import pods, remotecommand
from clusters.terminal.kubectl.cmd import exec as exec_
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, ExitError, UnsupportedError
from clusters.terminal.kubectl.host import Writer
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, integer

MOST_BYTES: Final = 1 << 20


class FileSpec(NamedTuple):
    """`[[namespace/]pod:]path`; without a pod it is a file of the file area."""

    namespace: str
    pod: str
    path: str


async def run(k: Kubectl) -> None:
    if len(k.args) != 2:
        raise CommandError("source and destination are required")
    source, target = (_file_spec(word) for word in k.args)
    if source.pod and target.pod:
        raise CommandError("one of src or dest must be a local file specification")
    if not source.path or not target.path:
        raise CommandError("filepath can not be empty")
    if source.pod:
        await _copy_from_pod(k, source, target.path)
    elif target.pod:
        await _copy_to_pod(k, source.path, target)
    else:
        raise CommandError("one of src or dest must be a remote file specification")


def _file_spec(word: str) -> FileSpec:
    place, colon, path = word.partition(":")
    if not colon:
        return FileSpec("", "", _stripped(word))
    pieces = place.split("/")
    if not place or len(pieces) > 2:
        raise CommandError("filespec must match the canonical format: [[namespace/]pod:]file/path")
    return FileSpec(pieces[0] if len(pieces) == 2 else "", pieces[-1], _stripped(path.replace("\\", "/")))


def _stripped(path: str) -> str:
    return path[:-1] if path.endswith("/") and path != "/" else path


async def _copy_to_pod(k: Kubectl, name: str, target: FileSpec) -> None:
    try:
        text = await k.host.files.read(name)
    except FileNotFoundError as error:
        raise CommandError(f"{name} doesn't exist in local filesystem") from error
    pod, container = await _container(k, target, k.err)
    path = target.path
    if await _is_folder(k, pod, container, path):
        path = posixpath.join(path, posixpath.basename(name))
    folder, base = posixpath.split(path)
    command = ["tar", "--no-same-permissions", "--no-same-owner", "-xmf", "-"]
    if not k.flags["no-preserve"]:
        command = ["tar", "-xmf", "-"]
    command += ["-C", _stripped(folder) if folder else "."]
    archive = [_tar(base, text.encode())]

    async def read() -> bytes | None:
        return archive.pop() if archive else None

    out, err = remotecommand.texts(k.out), remotecommand.texts(k.err)
    await _execute(k, pod, container, command, out, err, read)


async def _copy_from_pod(k: Kubectl, source: FileSpec, name: str) -> None:
    pod, container = await _container(k, source, k.out)
    archive = bytearray()
    errors = remotecommand.texts(k.out)
    await _execute(k, pod, container, ["tar", "cf", "-", source.path], archive.extend, errors)
    if len(archive) > MOST_BYTES:
        raise CommandError(f"{source.path} is too large for the file area")
    text = _untar(bytes(archive))
    if text is None:
        return
    try:
        await k.host.files.write(name, text)
    except ValueError as error:
        raise CommandError(str(error)) from error


async def _container(k: Kubectl, spec: FileSpec, tell: Writer) -> tuple[Object, str]:
    path = f"/api/v1/namespaces/{spec.namespace or k.namespace}/pods/{spec.pod}"
    pod = await k.client.get(path)
    exec_.demand_running(pod, "exec into")
    return pod, pods.choose_container(tell, pod, k.flags["container"])["name"]


async def _is_folder(k: Kubectl, pod: Object, container: str, path: str) -> bool:
    try:
        await _execute(k, pod, container, ["test", "-d", path], _nowhere, _nowhere)
    except (ExitError, CommandError):
        return False
    return True


async def _execute(
    k: Kubectl,
    pod: Object,
    container: str,
    command: list[str],
    out: remotecommand.Sink,
    err: remotecommand.Sink,
    read: remotecommand.Source | None = None,
) -> None:
    query = [*(("command", word) for word in command), ("container", container)]
    query += exec_.streams(stdin=read is not None, tty=False)
    await remotecommand.stream(k, exec_.path_of(pod, "exec"), query, out, err, read)


def _nowhere(data: bytes) -> None:
    """Nobody reads it."""


def _tar(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o644
        archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def _untar(data: bytes) -> str | None:
    """The text of the one file in an archive; None for an empty one. Raises CommandError."""
    if not data.strip(b"\0"):
        return None
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = archive.getmembers()
        if len(members) != 1 or not members[0].isfile():
            raise UnsupportedError("this terminal copies single files only, and no folders")
        found = archive.extractfile(members[0])
        return found.read().decode("utf-8", "replace") if found is not None else None


COMMAND: Final = Command(
    "cp",
    run,
    (
        exec_.CONTAINER,
        boolean("no-preserve"),
        integer("retries"),
    ),
    use="SOURCE DESTINATION",
    about="Copy a file to a container, or from it: POD:PATH.",
)
