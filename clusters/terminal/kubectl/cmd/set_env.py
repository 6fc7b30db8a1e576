"""kubectl set env.

Models kubectl's `pkg/cmd/set/set_env.go` and `pkg/cmd/set/env`. Left out: variables from stdin, and --resolve
of resources of a container.
"""

import re
from collections.abc import Iterable
from typing import Final

from clusters.engine import base64_text, names
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, polymorphic
from clusters.terminal.kubectl.cmd.set_helper import (
    ALL_AND_SELECTOR,
    FLAGS,
    NO_RESOURCES,
    SERVER_AND_LOCAL,
    Setting,
    find,
    select_containers,
)
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import collection
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import array, boolean, string, strings
from clusters.terminal.kubectl.printers.gofmt import quote

_ARGUMENT: Final = re.compile(r"^.+=.*$", re.MULTILINE | re.DOTALL)
_NO_NAME: Final = re.compile("[^a-zA-Z0-9_]")
_REFERENCES: Final = {"Secret": "secretKeyRef", "ConfigMap": "configMapKeyRef"}


async def run(k: Kubectl) -> None:
    if k.flags["all"] and k.flags["selector"]:
        raise CommandError(ALL_AND_SELECTOR)
    resources, words = _split(k.args)
    setting = Setting(k, "env updated")
    _validate(k, setting.dry_run, resources)
    env, removed = _parse([*k.flags["env"], *words])
    if k.flags["from"]:
        env += await _imported(k)
    for variable in env:
        variable["name"] = k.flags["prefix"] + variable["name"]
    infos = await find(k, resources, k.flags["selector"])
    if k.flags["list"]:
        for info in infos:
            await _list(k, info.obj, env, removed)
        return

    def mutate(obj: Object) -> None:
        for container in _containers(k, obj):
            container["env"] = _updated(k, container, env, removed)

    await setting.apply(infos, mutate, "failed to patch env update to pod template:")


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    resources: list[str] = []
    variables: list[str] = []
    for word in words:
        if _ARGUMENT.match(word) or word.endswith("-"):
            variables.append(word)
        elif variables:
            said = "all resources must be specified before environment changes"
            raise CommandError(f"{said}: {' '.join(words)}")
        else:
            resources.append(word)
    return resources, variables


def _validate(k: Kubectl, dry_run: str, resources: list[str]) -> None:
    flags = k.flags
    for wrong, said in (
        (flags["local"] and dry_run == "server", SERVER_AND_LOCAL),
        (not flags["filename"] and not resources, NO_RESOURCES),
        (flags["list"] and flags["output"], "--list and --output may not be specified together"),
        (
            flags["keys"] and not flags["from"],
            "when specifying --keys, a configmap or secret must be provided with --from",
        ),
    ):
        if wrong:
            raise CommandError(said)


def _parse(words: Iterable[str]) -> tuple[list[Object], list[str]]:
    """Variables to set, and names of those to remove. Raises CommandError."""
    env: list[Object] = []
    removed: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            if complaints := names.environment_variable(name):
                raise CommandError(f"{quote(name)} is not a valid key name: {';'.join(complaints)}")
            env.append({"name": name, "value": value})
        elif word.endswith("-"):
            removed.append(word[:-1])
        else:
            raise CommandError(f"unknown environment variable: {word}")
    if {variable["name"] for variable in env} & set(removed):
        raise CommandError("can not both modify and remove the same environment variable in the same command")
    return env, removed


async def _imported(k: Kubectl) -> list[Object]:
    """A variable for each key of the ConfigMap or Secret that --from names."""
    env = []
    for info in await find(k, [k.flags["from"]], k.flags["selector"]):
        reference = _REFERENCES.get(info.obj["kind"])
        if reference is None:
            raise CommandError("unsupported resource specified in --from")
        for key in info.obj.get("data") or {}:
            if key in (k.flags["keys"] or (key,)):
                source = {reference: {"name": info.name, "key": key}}
                env.append({"name": _name_of(k, key), "valueFrom": source})
    return env


def _name_of(k: Kubectl, key: str) -> str:
    name = _NO_NAME.sub("_", key).upper()
    if name != key:
        k.err(f"Warning: key {key} transferred to {name}\n")
    return name


def _containers(k: Kubectl, obj: Object) -> list[Object]:
    containers = select_containers(polymorphic.pod_spec(obj), k.flags["containers"])
    if not containers:
        where = f"{obj['kind']}/{obj['metadata']['name']}"
        pattern = quote(k.flags["containers"])
        k.err(f"Warning: {where} does not have any containers matching {pattern}\n")
    return containers


def _updated(k: Kubectl, container: Object, env: list[Object], removed: list[str]) -> list[Object]:
    """The variables of a container: changed ones keep their place, new ones come last."""
    existing = container.get("env") or []
    wanted = {variable["name"]: variable for variable in reversed(env)}
    if not k.flags["overwrite"]:
        _demand_no_overwrite(existing, wanted)
    kept = [wanted.pop(e["name"], e) for e in existing if e["name"] not in removed]
    new = [v for v in env if v["name"] not in removed and wanted.pop(v["name"], None) is not None]
    return [*kept, *new]


def _demand_no_overwrite(existing: list[Object], wanted: dict[str, Object]) -> None:
    for variable in existing:
        name, value = variable["name"], variable.get("value") or ""
        if name in wanted and wanted[name].get("value", "") != value:
            raise CommandError(f"'{name}' already has a value ({value}), and --overwrite is false")


async def _list(k: Kubectl, obj: Object, env: list[Object], removed: list[str]) -> None:
    for container in _containers(k, obj):
        k.out(f"# {obj['kind']} {obj['metadata']['name']}, container {container['name']}\n")
        for variable in _updated(k, container, env, removed):
            k.out(await _shown(k, obj, variable))


async def _shown(k: Kubectl, obj: Object, variable: Object) -> str:
    name, source = variable["name"], variable.get("valueFrom")
    if source is None:
        return f"{name}={variable.get('value') or ''}\n"
    reference = f"# {name} from {_reference(source)}\n"
    if not k.flags["resolve"]:
        return reference
    try:
        return f"{name}={await _resolved(k, obj, source)}\n"
    except (StatusError, CommandError) as error:
        k.err(f"error retrieving reference for {name}: {error.message}\n")
        return reference


def _reference(source: Object) -> str:
    for key, what in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
        if key in source:
            return f"{what} {source[key].get('name', '')}, key {source[key]['key']}"
    if "fieldRef" in source:
        return f"field path {source['fieldRef']['fieldPath']}"
    field = source["resourceFieldRef"]
    prefix = f"{field['containerName']}/" if field.get("containerName") else ""
    return f"resource field {prefix}{field['resource']}"


async def _resolved(k: Kubectl, obj: Object, source: Object) -> str:
    for key, plural, what in (
        ("configMapKeyRef", "configmaps", "config map"),
        ("secretKeyRef", "secrets", "secret"),
    ):
        if key in source:
            name, wanted = source[key]["name"], source[key]["key"]
            found = await k.client.get(f"{collection(k, plural)}/{name}")
            if wanted not in (found.get("data") or {}):
                raise CommandError(f"key {wanted} not found in {what} {name}")
            value: str = found["data"][wanted]
            return base64_text.decode(value).decode() if what == "secret" else value
    path = (source.get("fieldRef") or {}).get("fieldPath", "")
    field = path.removeprefix("metadata.")
    if field in ("name", "namespace", "uid"):
        return str(obj["metadata"].get(field) or "")
    raise CommandError(f"unsupported fieldPath: {path}")


COMMAND: Final = Command(
    "env",
    run,
    (
        *FLAGS,
        flag_sets.SELECTOR,
        string("containers", "*", "c", about="the containers, also with *"),
        string("from", about="a ConfigMap or Secret whose keys become variables"),
        string("prefix", about="what the names begin with"),
        array("env", shorthand="e", about="a variable: NAME=value"),
        strings("keys", about="only these keys of --from"),
        boolean("list", about="only show the variables"),
        boolean("resolve", about="with --list: what ConfigMaps and Secrets have"),
        boolean("overwrite", True, about="variables that are there may be changed"),
    ),
    use="RESOURCE/NAME KEY_1=VAL_1 ... KEY_N-",
    about="Change environment variables of containers.",
)
