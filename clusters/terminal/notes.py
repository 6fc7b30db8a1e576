"""What is said beneath an output to explain it. Never part of the output, and only what helps at once."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from clusters.terminal.hangul import has_stray_letters, latin_keys
from clusters.terminal.kubectl.commands import root
from clusters.terminal.names import ELSEWHERE, PROGRAMS
from clusters.terminal.reading import Reading, read
from clusters.terminal.world import World

MOST_NAMES: Final = 3
MOST_FLAGS: Final = 12

_NOT_FOUND: Final = re.compile(r'\(NotFound\): ([\w.]+) "([^"]+)" not found')
_NO_KIND: Final = re.compile(r"the server doesn't have a resource type \"([^\"]+)\"")
_NOTHING: Final = re.compile(r"No resources found in (\S+) namespace\.")
_MADE_NAME: Final = re.compile(r"(.+-)[bcdfghjklmnpqrstvwxz2456789]{5}")
_UNKNOWN_FLAG: Final = re.compile(r"unknown (?:flag: --([\w-]+)|shorthand flag: '(.)')")
_UNSUPPORTED: Final = re.compile(r"^error: .*\bthis terminal\b", re.MULTILINE)
"""An UnsupportedError of kubectl."""
_NO_COMMAND: Final = 127
_INTERRUPTED: Final = 130


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its words, its exit code, and how what it printed began."""

    words: Sequence[str]
    code: int
    output: str

    @property
    def program(self) -> str:
        return self.words[0]

    @cached_property
    def reading(self) -> Reading | None:
        """A line of kubectl, as far as it is understood."""
        return read(self.words[1:]) if self.program in ("kubectl", "k") else None

    @property
    def namespace(self) -> str:
        return (self.reading.value("namespace") if self.reading else "") or "default"

    @property
    def inner(self) -> Sequence[str]:
        """The words of the program that was run, also if that was in a pod."""
        if self.reading and self.reading.path == ("exec",) and "--" in self.words:
            return self.words[list(self.words).index("--") + 1 :]
        return self.words


def notes_of(ended: Ended, world: World) -> list[str]:
    """The notes on a command, in the reader's language; mostly there are none."""
    return [note for explain in _EXPLAIN if (note := explain(ended, world))]


def _program(ended: Ended, world: World) -> str:
    name = ended.program
    if ended.code != _NO_COMMAND or name in PROGRAMS:
        return ""
    if any(name == command.name for command in root(world.book_mode).commands):
        return _did_you_mean(" ".join(("kubectl", *ended.words)))
    if name in ELSEWHERE:
        said = _("This terminal does not have %(name)s. It has %(programs)s.")
        return said % {"name": name, "programs": ", ".join(PROGRAMS)}
    meant = get_close_matches(name, PROGRAMS, 1)
    if meant:
        return _did_you_mean(meant[0])
    return _("This terminal has %(programs)s.") % {"programs": ", ".join(PROGRAMS)}


def _did_you_mean(name: str) -> str:
    return _("Did you mean %(name)s?") % {"name": name}


def _hangul(ended: Ended, world: World) -> str:
    if not ended.code or not any(map(has_stray_letters, ended.words)):
        return ""
    return korean(" ".join(ended.words))


def in_korean_mode(words: Sequence[str]) -> bool:
    """Whether a line's program was typed with the Korean keyboard; Korean words are no mistake."""
    program = latin_keys(words[0])
    return program != words[0] and (program in PROGRAMS or any(map(has_stray_letters, words)))


def korean(line: str) -> str:
    """The note for a line that was typed with the Korean keyboard."""
    said = _("Keyboard is in Korean mode: did you mean %(line)s?")
    return said % {"line": latin_keys(line)}


def _names(ended: Ended, world: World) -> str:
    missed = _NOT_FOUND.search(ended.output)
    if not ended.code or not ended.reading or missed is None:
        return ""
    resource, name = missed.groups()
    places = world.places(resource)
    here = [other for namespace, other in places if namespace in ("", ended.namespace)]
    made = [other for other in here if other.startswith(f"{name}-")]
    if made:
        return _random_part(made)
    elsewhere = [namespace for namespace, other in places if other == name and namespace]
    if elsewhere:
        said = _("There is one in the namespace %(namespace)s. Add -n %(namespace)s.")
        return said % {"namespace": elsewhere[0]}
    others = world.named(name, ended.namespace)
    if others:
        return _("Another kind has this name: %(names)s.") % {"names": ", ".join(others)}
    return _replaced(name, here) or _likely(name, here)


def _replaced(name: str, here: list[str]) -> str:
    """What is said of a name that a controller made, and that is no more."""
    made = _MADE_NAME.fullmatch(name)
    now = [other for other in here if made and other.startswith(made[1])]
    said = _("It may be gone. Its controller has made others since: %(names)s.")
    return said % {"names": ", ".join(now[:MOST_NAMES])} if now else ""


def _likely(name: str, names: Iterable[str]) -> str:
    meant = get_close_matches(name, list(names), 1)
    return _did_you_mean(meant[0]) if meant else ""


def _random_part(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        said = _("There are %(names)s and %(more)d more. Names made by a controller end in a random part.")
        return said % {"names": shown, "more": len(names) - MOST_NAMES}
    said = _("There is %(names)s. Names made by a controller end in a random part.")
    if len(names) > 1:
        said = _("There are %(names)s. Names made by a controller end in a random part.")
    return said % {"names": shown}


def _kind(ended: Ended, world: World) -> str:
    missed = _NO_KIND.search(ended.output)
    if not ended.code or not ended.reading or missed is None:
        return ""
    named = world.named(missed[1], ended.namespace)
    if named:
        return _("This is a name. Its kind belongs before it: %(names)s.") % {"names": ", ".join(named)}
    return _likely(missed[1], world.kinds())


def _namespace(ended: Ended, world: World) -> str:
    nothing = _NOTHING.search(ended.output)
    names = [name for _none, name in world.places("namespaces")]
    if not ended.reading or nothing is None or nothing[1] in names:
        return ""
    said = _("There is no namespace %(namespace)s.") % {"namespace": nothing[1]}
    return f"{said} {_likely(nothing[1], names)}".rstrip()


def _stopped(ended: Ended, world: World) -> str:
    if ended.code != _INTERRUPTED or not ended.reading or ended.reading.path != ("delete",):
        return ""
    if " deleted" not in ended.output:
        return ""
    return _("Only the waiting has stopped, not the deletion. With --wait=false kubectl does not wait.")


def _pending(ended: Ended, world: World) -> str:
    if not ended.reading or ended.reading.path != ("get",) or "<pending>" not in ended.output:
        return ""
    if world.cloud:
        return _(
            "EXTERNAL-IP is <pending>: the cloud makes the load balancer, and has an address in a moment."
        )
    return _(
        "EXTERNAL-IP is <pending>: no cloud is attached, so nobody can hand out an address. "
        "Switch the cloud on, or use NodePort."
    )


def _inside(ended: Ended, world: World) -> str:
    program, *rest = ended.inner or [""]
    if not ended.code or program not in ("curl", "ping"):
        return ""
    outside = ended.inner is ended.words
    for host in [_host(word) for word in rest if not word.startswith("-")]:
        kind = world.holder(host)
        # Outside, nobody knows the names of Services.
        if kind == "Service" and program == "ping" and (host[0].isdigit() or not outside):
            return _("ping got no answer: a Service IP is a rule, not a machine. Try curl.")
        if kind and outside:
            return _(
                "This is known inside of the cluster only, and you are outside. "
                "A pod can call it: kubectl exec POD -- curl ADDRESS."
            )
    return ""


def _host(word: str) -> str:
    try:
        return urlsplit(word if "://" in word else f"//{word}").hostname or ""
    except ValueError:
        return ""


def _flag(ended: Ended, world: World) -> str:
    unknown = _UNKNOWN_FLAG.search(ended.output)
    if not ended.code or not ended.reading or unknown is None:
        return ""
    name = unknown[1] or ""
    if name == "generator":
        return _(
            "Unknown flag --generator: removed in 1.21. In book mode it works; "
            "today use kubectl create deployment."
        )
    meant = _one_dash(ended) or get_close_matches(name, list(ended.reading.flags), 1)
    if meant:
        return _did_you_mean(f"--{meant[0]}")
    own = sorted(flag.name for flag in ended.reading.command.flags if not flag.hidden)
    said = _("%(command)s knows %(flags)s. -h names them all.")
    flags = ", ".join(f"--{flag}" for flag in own[:MOST_FLAGS])
    return said % {"command": " ".join(("kubectl", *ended.reading.path)), "flags": flags} if own else ""


def _one_dash(ended: Ended) -> list[str]:
    """Flags that were written with one hyphen in place of two."""
    names = [word[1:].partition("=")[0] for word in ended.words if word.startswith("-")]
    return [name for name in names if len(name) > 1 and ended.reading and name in ended.reading.flags]


def _unsupported(ended: Ended, world: World) -> str:
    if not ended.code or not ended.reading or not _UNSUPPORTED.search(ended.output):
        return ""
    return _("Your own kubectl can do more with this cluster. The page says how to connect it.")


def _forbidden(ended: Ended, world: World) -> str:
    if not ended.code or ' is forbidden: User "reader" ' not in ended.output:
        return ""
    return _("You may look at this cluster, and change nothing in it.")


Explain = Callable[[Ended, World], str]
_EXPLAIN: Final[tuple[Explain, ...]] = (
    _program, _hangul, _names, _kind, _namespace, _pending, _inside, _flag, _stopped, _unsupported,
    _forbidden,
)  # fmt: skip
