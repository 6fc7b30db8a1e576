"""tar, as `kubectl cp` uses it: `tar cf - PATH` and `tar xmf - [-C DIR]`.

Left out: every other way to call tar, and files whose content is not simulated, which are named on stderr
and left out of the archive.
"""

import io
import posixpath
import tarfile
from typing import Final

from clusters.engine.kubelet.shell.coreutils import is_busybox
from clusters.engine.kubelet.shell.effects import STDOUT, Change, Output, ReadAll, Run, Sleep, complain
from clusters.engine.kubelet.shell.files import absolute
from clusters.engine.kubelet.shell.machine import Call, Program

LONGEST: Final = 1 << 20
"""Bytes of an archive."""
_MOST_FILES: Final = 1_000


def _tar(call: Call) -> Run:
    letters, directory, paths = _options(call)
    if "f" not in letters or not letters & {"c", "x"}:
        yield complain("tar: only `tar cf - PATH` and `tar xf -` are simulated")
        return 2
    if "c" in letters:
        return (yield from _create(call, directory, paths))
    return (yield from _extract(call, directory))


def _options(call: Call) -> tuple[set[str], str, list[str]]:
    words, letters, paths = list(call.arguments), set[str](), list[str]()
    directory = call.machine.directory
    if words and not words[0].startswith("-"):
        words[0] = f"-{words[0]}"
    while words:
        word = words.pop(0)
        if word == "-C" and words:
            directory = absolute(words.pop(0), directory)
        elif word.startswith("--"):
            continue
        elif word.startswith("-") and len(word) > 1:
            letters.update(word[1:])
        elif word != "-":
            paths.append(word)
    return letters, directory, paths


def _create(call: Call, directory: str, paths: list[str]) -> Run:
    files, buffer, code = call.machine.files, io.BytesIO(), 0
    if any(path.startswith("/") for path in paths):
        quoted = "removing leading '/'" if is_busybox(call) else "Removing leading `/'"
        yield complain(f"tar: {quoted} from member names")
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in paths:
            call.machine.spend(len(files))
            yield Sleep(0.0)
            target = absolute(path, directory)
            if not files.exists(target):
                missing = "No such file or directory"
                yield complain(f"tar: {path}: {missing if is_busybox(call) else f'Cannot stat: {missing}'}")
                code = 1 if is_busybox(call) else 2
                continue
            for name in files.below(target) if files.is_directory(target) else [target]:
                data = files.read(name)
                if data is None:
                    yield complain(f"tar: {name}: the content of this file is not simulated")
                    code = 2
                elif buffer.tell() + len(data) < LONGEST:
                    call.machine.spend(16)
                    archive.addfile(
                        _info(call, posixpath.join(path, name[len(target) :].lstrip("/")), data),
                        io.BytesIO(data),
                    )
    yield Output(STDOUT, buffer.getvalue())
    if code and not is_busybox(call):
        yield complain("tar: Exiting with failure status due to previous errors")
    return code


def _info(call: Call, name: str, data: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name.strip("/"))
    info.size, info.mtime, info.mode = len(data), int(call.machine.now), 0o644
    return info


def _extract(call: Call, directory: str) -> Run:
    data: bytes = yield ReadAll()
    try:
        found = _members(data)
    except (tarfile.TarError, EOFError, ValueError, OverflowError):
        yield complain("tar: This does not look like a tar archive")
        return 2
    for name, content in found:
        path = absolute(name, directory)
        call.machine.files.write(path, content)
        yield Change(path, content)
    return 0


def _members(data: bytes) -> list[tuple[str, bytes]]:
    found = []
    with tarfile.open(fileobj=io.BytesIO(data[:LONGEST]), mode="r:") as archive:
        for _ in range(_MOST_FILES):
            member = archive.next()
            if member is None:
                break
            fits = member.isfile() and not member.issparse() and member.size <= len(data)
            content = archive.extractfile(member) if fits else None
            if content is not None:
                found.append((member.name, content.read()))
    return found


PROGRAMS: Final[dict[str, Program]] = {"tar": _tar}
