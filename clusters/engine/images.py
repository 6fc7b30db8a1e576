"""The images that can be pulled, and how the names people write find them.

Models a registry as containerd sees it (`distribution/reference`, `core/remotes/docker`): names without a
host are Docker Hub's, names without a tag mean `latest`. Left out: layers, so that images share nothing;
digests that were ever valid; registries that want a password. The images themselves are data:
`images.yaml`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

HUB: Final = "docker.io"
REGISTRY: Final = "192.0.2.53"
"""The address of all registries, should one have to be told."""
_REMEMBERED: Final = 512
_CATALOGUE: Final = Path(__file__).with_name("images.yaml")
_PROGRAMS: Final = Path(__file__).with_name("programs.yaml")
_PART: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE: Final = re.compile(
    rf"(?P<path>{_PART}(?:/{_PART})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?(?:@(?P<digest>sha256:[0-9a-f]{{64}}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Image:
    """What is known about an image. `size` in bytes, durations in simulated seconds.

    `ready_after` None: the cluster's delays say when it listens; `exits_after` None: it runs for ever;
    `sigterm` None: it ignores SIGTERM and is killed; `paths` None: every path answers. The other fields
    are explained in `images.yaml`.
    """

    name: str
    size: int
    tags: str = ".+"
    ports: tuple[int, ...] = ()
    answer: str = ""
    paths: tuple[str, ...] | None = None
    ready_after: float | None = None
    exits_after: float | None = None
    exit_code: int = 0
    message: str = ""
    needs_env: tuple[str, ...] = ()
    sigterm: float | None = None
    sigterm_code: int = 0
    serves: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    entrypoint: str = ""
    base: str = "none"
    curl: str = ""
    user: str = "root"
    workdir: str = "/"
    runs: str = ""
    files: tuple[str, ...] = ()
    start_log: tuple[str, ...] = ()
    access_log: str = ""
    end_log: str = ""
    stop_log: str = ""
    server: str = ""
    content_type: str = ""
    error_page: str = ""


class Reference(NamedTuple):
    """An image name in full: `docker.io`, `library/nginx`, `1.27`, and a digest or ""."""

    host: str
    path: str
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        return f"{self.host}/{self.path}"

    def __str__(self) -> str:
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"


def parse_reference(name: str) -> Reference:
    """The full form of what people write. Raises ValueError with containerd's words."""
    # Good ones have at most 255 characters before tag and digest; longer ones are not remembered.
    return (_reference if len(name) <= _REMEMBERED else _reference.__wrapped__)(name)


@lru_cache(maxsize=4096)
def _reference(name: str) -> Reference:
    host, slash, rest = name.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, rest = HUB, name
    found = _REFERENCE.fullmatch(rest)
    if found is None:
        why = "invalid reference format"
        if rest != rest.lower() and _REFERENCE.fullmatch(rest.lower()):
            why += f": repository name ({rest.partition(':')[0]}) must be lowercase"
        raise ValueError(why)
    host = HUB if host == "index.docker.io" else host
    path = found["path"]
    if host == HUB and "/" not in path:
        path = f"library/{path}"
    return Reference(host, path, found["tag"] or "latest", found["digest"] or "")


def image_of(name: str) -> Image | None:
    """The image that this name pulls; None if there is no such image or the name is not valid.

    >>> image_of("docker.io/library/nginx:1.27").name
    'nginx'
    """
    try:
        reference = parse_reference(name)
    except ValueError:
        return None
    return _found(reference)


def full_name(name: str) -> str:
    """The name as a node's list of images has it: `docker.io/library/nginx:latest`."""
    return str(parse_reference(name))


def image_id(name: str) -> str:
    """The name by digest, as a container status has it: `docker.io/library/nginx@sha256:...`."""
    reference = parse_reference(name)
    digest = reference.digest or f"sha256:{blake2b(str(reference).encode(), digest_size=32).hexdigest()}"
    return f"{reference.repository}@{digest}"


def pull_error(name: str) -> str:
    """Why a node cannot pull this image, as containerd says it."""
    reference = parse_reference(name)
    failed = _failed(reference)
    if reference.host not in _hosts():
        return f"{_not_asked(reference)}: dial tcp: lookup {reference.host}: no such host"
    if reference.host != HUB or reference.repository in _repositories():
        return f"{failed}: {reference}: not found"
    return (
        f"{failed}: pull access denied, repository does not exist or may require authorization: server"
        " message: insufficient_scope: authorization failed"
    )


def unreachable_error(name: str) -> str:
    """Why a node cannot pull this image while no registry answers, as containerd says it."""
    reference = parse_reference(name)
    if reference.host not in _hosts():
        return pull_error(name)
    return f"{_not_asked(reference)}: dial tcp {REGISTRY}:443: connect: connection refused"


def _not_asked(reference: Reference) -> str:
    host = "registry-1.docker.io" if reference.host == HUB else reference.host
    asked = f"https://{host}/v2/{reference.path}/manifests/{reference.digest or reference.tag}"
    return f'{_failed(reference)}: failed to do request: Head "{asked}"'


def _failed(reference: Reference) -> str:
    return f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}"'


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Image]:
    """All images by full name; an image for all tags by its repository."""
    found = {}
    for entry in yaml.safe_load(_CATALOGUE.read_text(encoding="utf-8")):
        reference = parse_reference(entry["name"])
        tagged = ":" in entry["name"].rpartition("/")[2]
        found[str(reference) if tagged else reference.repository] = _image(entry)
    return found


def _image(entry: dict[str, Any]) -> Image:
    fields: dict[str, Any] = {
        field: tuple(value) if isinstance(value, list) else value for field, value in entry.items()
    }
    return Image(**fields)


@lru_cache(maxsize=1)
def _bases() -> dict[str, frozenset[str]]:
    """The programs of each base that images.yaml names."""
    known = yaml.safe_load(_PROGRAMS.read_text(encoding="utf-8"))
    common, busybox = frozenset(known["coreutils"]), frozenset(known["busybox"])
    return {
        "none": frozenset(),
        "debian": common | frozenset(known["debian"]),
        "busybox": common - {"getent"} | busybox,
        "alpine": common | busybox | {"apk"},
    }


@lru_cache(maxsize=256)
def programs_of(image: Image) -> frozenset[str]:
    """The names of all programs that a shell in the image would find."""
    own = {name.rpartition("/")[2] for name in (*image.serves, *image.programs)}
    return _bases()[image.base] | own | ({"curl"} if image.curl else set())


@lru_cache(maxsize=4096)
def _found(reference: Reference) -> Image | None:
    if version := catalogue().get(str(reference)):
        return version
    image = catalogue().get(reference.repository)
    if image is not None and (reference.digest or re.fullmatch(image.tags, reference.tag)):
        return image
    return None


@lru_cache(maxsize=1)
def _repositories() -> frozenset[str]:
    return frozenset(name.rpartition(":")[0] or name for name in catalogue())


@lru_cache(maxsize=1)
def _hosts() -> frozenset[str]:
    return frozenset(name.partition("/")[0] for name in catalogue())
