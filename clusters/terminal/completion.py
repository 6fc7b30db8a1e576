"""What may follow in a line that is not at its end yet: programs, commands, kinds, names, flags, values.

Models what kubectl gives to shells (`pkg/util/completion`), whose answers come from the API as well. What is
only part of a word, such as `pod/`, is completed without a space after it. Nothing is completed in quotes.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from clusters.engine.images import catalogue
from clusters.terminal.files import Files
from clusters.terminal.keyboard import Keyboard
from clusters.terminal.kubectl import errors
from clusters.terminal.kubectl.rest import Client
from clusters.terminal.kubectl.restmapper import Mapping, RESTMapper, discover
from clusters.terminal.names import ALIASES, PROGRAMS
from clusters.terminal.reading import Reading, read
from clusters.terminal.visit import Visit, Visitor
from clusters.terminal.words import LONGEST, RefusedError, words_of
from clusters.terminal.world import World

MOST: Final = 100
"""Candidates."""
NAMES: Final = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"

_QUOTING: Final = frozenset("'\"\\`$|;&<>()")
_SCALED: Final = ("deployment", "replicaset", "replicationcontroller")
_KINDS_AND_NAMES: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("annotate", "delete", "describe", "edit", "get", "label", "patch"), ()),
    "autoscale": _SCALED,
    "expose": ("pod", "service", *_SCALED),
    "scale": _SCALED,
    "taint": ("node",),
}
"""Commands whose arguments are a kind and then names, or TYPE/NAME; the kinds, () for all."""
_KINDS: Final = {
    ("attach",): "pods",
    ("cordon",): "nodes",
    ("debug",): "pods",
    ("drain",): "nodes",
    ("exec",): "pods",
    ("logs",): "pods",
    ("port-forward",): "pods",
    ("top", "node"): "nodes",
    ("top", "pod"): "pods",
    ("uncordon",): "nodes",
}
"""Commands whose arguments are names of one kind."""
_SLASHED: Final[dict[str, tuple[str, ...]]] = {
    "rollout": ("deployment",),
    "set": ("pod", *_SCALED),
    "wait": (),
}
"""By their first word: commands that take kinds, or TYPE/NAME; of these kinds, () for all."""
_VALUES: Final = {
    "cascade": ("background", "foreground", "orphan"),
    "dry-run": ("client", "none", "server"),
    "for": ("condition=", "create", "delete", "jsonpath="),
    "output": ("custom-columns=", "go-template=", "json", "jsonpath=", "name", "wide", "yaml"),
    "restart": ("Always", "Never", "OnFailure"),
    "type": ("ClusterIP", "LoadBalancer", "NodePort"),
}
"""Values of flags that are always the same."""


async def complete(line: str, cursor: int, visitor: Visitor, files: Files) -> tuple[list[str], int]:
    """What may stand in the line between a place, which is returned, and the cursor; sorted, at most MOST.

    Raises Http404 and Cluster.DoesNotExist for somebody who may not look.
    """
    before = line[: max(cursor, 0)]
    if len(before) > LONGEST:  # nobody can run it
        return [], len(before)
    start = max((at + 1 for at, c in enumerate(before) if c.isspace()), default=0)
    word = before[start:]
    with suppress(RefusedError):
        words = words_of(before[:start])
        if not _QUOTING & set(word):
            visit = await visitor.come_in()
            try:
                completion = Completion(visit, files)
                found, part = await completion.of(words, word)
            finally:
                visit.close()
            fits = sorted({one for one in found if one.startswith(part)})
            # What they all share is what the first and the last share.
            return fits[: MOST - 1] + fits[MOST - 1 :][-1:], start + len(word) - len(part)
    return [], len(before)


def _ignore(text: str) -> None:
    """Prints nothing: who only asks what may follow is told of no warnings."""


async def _nobody(*_asked: object) -> None:
    """Nobody types, and nobody edits."""


def _whole(words: Iterable[str]) -> list[str]:
    """Words with the space that follows; of a word that wants a value, none does."""
    return [word if word.endswith(("=", "/")) else f"{word} " for word in words]


Found = tuple[list[str], str]
"""Candidates, and the part of the word in whose place they stand."""


class Completion:
    """Completes one word."""

    def __init__(self, visit: Visit, files: Files) -> None:
        self._world = World(visit.image)
        self._files = files
        self._client = Client(visit.host(_ignore, _ignore, files, _nobody, Keyboard(_nobody)))
        self._mapper: RESTMapper | None = None

    async def of(self, words: Sequence[str], word: str) -> Found:
        """What may stand in place of a word, or of its end, after these words."""
        if not words:
            return _whole(PROGRAMS), word
        program = ALIASES.get(words[0], words[0])
        if program == "kubectl":
            return await self._kubectl(read(words[1:], self._world.book_mode), word)
        if program in ("cat", "edit", "ls", "rm"):
            return _whole(await self._files.names()), word
        if program in ("curl", "ping"):
            return _whole(self._addresses(program, word)), word
        return [], word

    def _addresses(self, program: str, word: str) -> list[str]:
        outside = self._world.outside()
        if program == "ping":
            return [address for address, _port in outside]
        bare = [address if port == 80 else f"{address}:{port}" for address, port in outside]
        return [f"http://{address}" for address in bare] if "http://".startswith(word[:7]) else bare

    async def _kubectl(self, reading: Reading, word: str) -> Found:
        if reading.dashed:
            return [], word
        if reading.waiting is not None:
            return await self._value(reading, reading.waiting.name, word)
        if word.startswith("-"):
            return await self._option(reading, word)
        if reading.command.commands and not reading.args:
            names = [c.name for c in reading.command.commands if not c.hidden and not c.unsupported]
            return _whole(names), word
        return await self._argument(reading, word)

    async def _option(self, reading: Reading, word: str) -> Found:
        name, equals, value = word[2:].partition("=")
        if not word.startswith("--"):
            letter = next((flag for flag in reading.flags.values() if flag.shorthand == word[1:2]), None)
            if letter is not None and not letter.no_opt and len(word) > 1:
                name, equals, value = letter.name, "=", word[2:].removeprefix("=")
        return await self._value(reading, name, value) if equals else (_flags(reading), word)

    async def _argument(self, reading: Reading, word: str) -> Found:
        path, args = reading.path, reading.args
        if path in _KINDS:
            return await self._names(_KINDS[path], reading), word
        if set(path[:1]) & _KINDS_AND_NAMES.keys():
            return await self._kind_or_name(args, reading, word)
        if path[:1] and path[0] in _SLASHED and not args:
            return await self._slashed(reading, word, _SLASHED[path[0]])
        if path == ("explain",) and not args:
            return await self._kinds(), word
        return [], word

    async def _kind_or_name(self, args: Sequence[str], reading: Reading, word: str) -> Found:
        if any("/" in arg for arg in (word, *args)):
            return await self._slashed(reading, word)
        if args:
            return await self._names(args[0], reading), word
        some = _KINDS_AND_NAMES[reading.path[0]]
        return _whole(some) if some else await self._kinds(), word.rpartition(",")[2]

    async def _slashed(self, reading: Reading, word: str, kinds: Sequence[str] = ()) -> Found:
        kind, slash, name = word.partition("/")
        if slash:
            return await self._names(kind, reading), name
        mappings = [one for one in await self._mappings() if not kinds or one.singular in kinds]
        return [f"{one.singular}/" for one in mappings], word

    async def _value(self, reading: Reading, name: str, word: str) -> Found:
        if name in _VALUES:
            return _whole(_VALUES[name]), word
        if name == "image":
            return _whole(image.name for image in catalogue().values()), word
        if name == "namespace":
            return await self._names("namespaces", reading), word
        if name == "container":
            return _whole(await self._containers(reading)), word
        if name == "filename":
            part = word.rpartition(",")[2]
            return _whole(await self._files.names()), part
        return [], word

    async def _mappings(self) -> list[Mapping]:
        if self._mapper is None:
            self._mapper = await discover(self._client)
        return [one for one in self._mapper.mappings if "list" in one.verbs]

    async def _kinds(self) -> list[str]:
        return _whole(one.plural for one in await self._mappings())

    async def _names(self, kind: str, reading: Reading) -> list[str]:
        """Names of the objects of a kind that are not in the line yet; none if there is no such kind."""
        await self._mappings()
        assert self._mapper is not None
        names: list[str] = []
        for word in dict.fromkeys(kind.split(",")):
            with suppress(*errors.KubectlError):
                mapping = self._mapper.find(word)
                everywhere = "all-namespaces" in reading.values
                namespace = "" if everywhere else reading.value("namespace") or "default"
                found = await self._client.get(mapping.path(namespace), accept=NAMES)
                names += [item["metadata"]["name"] for item in found["items"]]
        return _whole(name for name in names if name not in reading.args)

    async def _containers(self, reading: Reading) -> list[str]:
        """The containers of the pod that is named first."""
        name = reading.args[0].removeprefix("pod/") if reading.args else ""
        path = f"/api/v1/namespaces/{reading.value('namespace') or 'default'}/pods/{name}"
        with suppress(*errors.KubectlError):
            pod = await self._client.get(path)
            return [container["name"] for container in pod.get("spec", {}).get("containers", ())]
        return []


def _flags(reading: Reading) -> list[str]:
    # Of what every command takes, most names another cluster or user, and there is none.
    own = [flag for flag in (*reading.command.flags, reading.flags["namespace"]) if not flag.hidden]
    return _whole(f"--{flag.name}" if flag.no_opt else f"--{flag.name}=" for flag in own)
