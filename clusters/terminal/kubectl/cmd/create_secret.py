"""kubectl create secret: generic, docker-registry, tls.

Models kubectl's `pkg/cmd/create/create_secret*.go`. Left out: whether a key belongs to its certificate.
"""

from typing import Any, Final

from clusters.engine import base64_text, names
from clusters.engine.objects import Object
from clusters.terminal.kubectl import sources
from clusters.terminal.kubectl.cmd.create_configmap import SOURCES, demand_one_way
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import (
    CREATE_FLAGS,
    Creation,
    collection,
    demand_name,
    metadata,
    name_from_args,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, string, strings
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printers.json_text import compact_json

_HASH: Final = boolean("append-hash", about="add a hash of the content to the name")

_DOCKER_CONFIG: Final = ".dockerconfigjson"


class _Data(dict[str, str]):
    """The data of a Secret, in base64, as it is gathered."""

    def add(self, key: str, value: str) -> None:
        if complaints := names.config_key(key):
            raise CommandError(f"{quote(key)} is not valid key name for a Secret {';'.join(complaints)}")
        if key in self:
            raise CommandError(f"cannot add key {key}, another key by that name already exists")
        self[key] = base64_text.encode(value.encode())


async def run_generic(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    demand_name(name)
    demand_one_way(k)
    data = _Data()
    await sources.add_all(k, data.add)
    await _create(k, creation, name, k.flags["type"], data)


async def run_docker_registry(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    demand_name(name)
    user, password, server = (k.flags[f"docker-{what}"] for what in ("username", "password", "server"))
    if not k.flags["from-file"] and not (user and password and server):
        raise CommandError(
            "either --from-file or the combination of --docker-username, --docker-password and "
            "--docker-server is required"
        )
    data = _Data()
    if k.flags["from-file"]:
        await sources.add_files(k, data.add, _DOCKER_CONFIG)
    else:
        data.add(_DOCKER_CONFIG, _docker_config(user, password, k.flags["docker-email"], server))
    await _create(k, creation, name, "kubernetes.io/dockerconfigjson", data)


async def run_tls(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    if not k.flags["key"] or not k.flags["cert"]:
        raise CommandError("key and cert must be specified")
    data = _Data()
    data.add("tls.crt", await _pem(k, k.flags["cert"], "CERTIFICATE", "certificate"))
    data.add("tls.key", await _pem(k, k.flags["key"], "PRIVATE KEY", "key"))
    await _create(k, creation, name, "kubernetes.io/tls", data)


async def _create(k: Kubectl, creation: Creation, name: str, type_: str, data: _Data) -> None:
    if k.flags["append-hash"]:
        name = sources.append_hash(name, {"kind": "Secret", "type": type_, "data": dict(data)})
    secret: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(k, name),
        "data": dict(data),
        "type": type_,
    }
    await creation.create(secret, collection(k, "secrets"), "failed to create secret", separator=" ")


def _docker_config(user: str, password: str, email: str, server: str) -> str:
    entry: dict[str, Any] = {"username": user, "password": password, "email": email}
    entry = {key: value for key, value in entry.items() if value}
    entry["auth"] = base64_text.encode(f"{user}:{password}".encode())
    return compact_json({"auths": {server: entry}}, sort_keys=False)


async def _pem(k: Kubectl, path: str, block: str, what: str) -> str:
    try:
        text = await k.host.files.read(path)
    except FileNotFoundError as error:
        raise CommandError(f"Cannot read file {path}, open {path}: no such file or directory") from error
    if f"{block}-----" not in text:
        raise CommandError(f"tls: failed to find any PEM data in {what} input")
    return text


COMMAND: Final = Command(
    "secret",
    commands=(
        Command(
            "docker-registry",
            run_docker_registry,
            (
                *CREATE_FLAGS,
                string("docker-username"),
                string("docker-password"),
                string("docker-email"),
                string("docker-server", "https://index.docker.io/v1/"),
                _HASH,
                strings("from-file"),
            ),
            use="NAME --docker-username=user --docker-password=password --docker-email=email",
            about="Make a Secret to get images with.",
        ),
        Command(
            "tls",
            run_tls,
            (
                *CREATE_FLAGS,
                string("cert", about="file of the certificate"),
                string("key", about="file of its key"),
                _HASH,
            ),
            use="NAME --cert=path/to/cert/file --key=path/to/key/file",
            about="Make a Secret of a certificate and its key.",
        ),
        Command(
            "generic",
            run_generic,
            (*CREATE_FLAGS, *SOURCES, string("type", about="the type of the Secret")),
            use="NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
            about="Make a Secret of files or of words.",
        ),
    ),
    about="Make a Secret.",
)
