"""Keys and values of ConfigMaps and Secrets: from the line, from files, from files of variables.

Models kubectl's `pkg/util/util.go` (ParseFileSource, ParseLiteralSource), `pkg/cmd/util/env_file.go` and
`pkg/util/hash`. The file area is one folder.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from clusters.engine import names
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.manifests import local_name
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printers.json_text import compact_json

Add = Callable[[str, str], None]
"""Takes a key and its value. Raises CommandError."""


async def add_all(k: Kubectl, add: Add) -> None:
    """All of --from-file, --from-literal and --from-env-file."""
    await add_files(k, add)
    for source in k.flags["from-literal"]:
        add(*_literal_source(source))
    for path in k.flags["from-env-file"]:
        _add_variables(await read(k, path), add)


async def add_files(k: Kubectl, add: Add, default_key: str = "") -> None:
    """All of --from-file; a file without a key has the default one, or its name."""
    for source in k.flags["from-file"]:
        key, path = _file_source(source)
        if local_name(path) == ".":
            await _add_folder(k, source, add)
        else:
            add(key if "=" in source else default_key or key, await read(k, path))


async def _add_folder(k: Kubectl, source: str, add: Add) -> None:
    if "=" in source:
        raise CommandError("cannot give a key name for a directory path")
    for name in sorted(await k.host.files.names()):
        add(name, await read(k, name))


async def read(k: Kubectl, path: str) -> str:
    """A file of the file area."""
    try:
        return await k.host.files.read(local_name(path))
    except FileNotFoundError as error:
        raise CommandError(f"error reading {path}: no such file or directory") from error


def append_hash(name: str, content: dict[str, Any]) -> str:
    """The name with a hash of what it names."""
    digest = sha256(compact_json({**content, "name": name}).encode()).hexdigest()[:10]
    return f"{name}-{digest.translate(str.maketrans('013ae', 'ghkmt'))}"


def _file_source(source: str) -> tuple[str, str]:
    key, equals, path = source.partition("=")
    if not equals:
        return source.rstrip("/").rpartition("/")[2], source
    if "=" in path:
        raise CommandError("key names or file paths cannot contain '='")
    if not key:
        raise CommandError(f"key name for file path {path} missing")
    if not path:
        raise CommandError(f"file path for key name {key} missing")
    return key, path


def _literal_source(source: str) -> tuple[str, str]:
    key, equals, value = source.partition("=")
    if not key or not equals:
        raise CommandError(f"invalid literal source {source}, expected key=value")
    return key, value


def _add_variables(text: str, add: Add) -> None:
    for number, line in enumerate(text.split("\n")):
        written = (line.removeprefix("\ufeff") if number == 0 else line).removesuffix("\r").lstrip()
        if not written or written.startswith("#"):
            continue
        key, _, value = written.partition("=")
        if complaints := names.environment_variable(key):
            raise CommandError(f"{quote(key)} is not a valid key name: {';'.join(complaints)}")
        add(key, value)
