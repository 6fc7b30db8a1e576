"""What a container is given from the cluster: its environment variables and the files in its volumes.

Models `makeEnvironmentVariables` (`pkg/kubelet/kubelet_pods.go`), `pkg/kubelet/envvars`,
`pkg/fieldpath`, `third_party/forked/golang/expansion`, and the volumes configMap, secret, downwardAPI and
projected (`pkg/volume`). Left out: the token of the ServiceAccount; that a mounted file changes a minute
later than its ConfigMap; that a variable outlives a deleted Service. Variables beyond LARGEST are an error
of the configuration, not of the start.

Nothing here writes.
"""

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping
from typing import Final

from clusters.engine import quantities
from clusters.engine.clock import parse_rfc3339
from clusters.engine.kubelet.sources import ConfigError, data_of, find, text_of
from clusters.engine.objects import Object, name_of, namespace_of, simulation_of
from clusters.engine.store import MemoryStore

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LARGEST: Final = 128 * 1024
"""Characters of all variables that a container is given, and of each text that they are put into. Linux takes
so many for one variable and some more for all; without a limit, each could hold the one before it twice."""
_REFERENCE: Final = re.compile(r"\$(?:\$|\(([^)]*)\))")
_KEYED: Final = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]")


def environment_of(store: MemoryStore, pod: Object, container: Object) -> dict[str, str]:
    """All variables of a container of the pod, as `env` prints them in it.

    Those of a container that has been started are what they were then. Raises ConfigError if something
    that it names is not there.
    """
    state = (simulation_of(pod).get("containers") or {}).get(container["name"]) or {}
    given = state.get("env")
    if given is None:
        # Going back to an earlier moment moves `since`, but not when Services were made.
        started = state["since"] - state.get("moved", 0) if "since" in state else None
        given = variables_of(store, pod, container, started)
    hostname = pod["spec"].get("hostname") or name_of(pod)
    return {"PATH": PATH, "HOSTNAME": hostname, **given, "HOME": "/root"}


def variables_of(
    store: MemoryStore, pod: Object, container: Object, started: float | None = None
) -> dict[str, str]:
    """The variables that the kubelet sets for a container which starts at `started` (None: now).

    `started` is in simulated seconds: Services that were made later have no variables. Raises ConfigError.
    """
    services = _service_variables(store, pod, started)
    found: dict[str, str] = {}
    known = ChainMap(found, services)
    for source in container.get("envFrom") or ():
        found.update(_all_of_source(store, pod, source))
    size = _demand_room(sum(map(len, found.values())))
    for variable in container.get("env") or ():
        value = _value(store, pod, container, variable, known)
        if value is not None:
            found[variable["name"]] = value
            size = _demand_room(size + len(value))
    return found | {name: value for name, value in services.items() if name not in found}


def refers(container: Object) -> bool:
    """Whether the container's variables depend on ConfigMaps or Secrets, which may change or be missing."""
    return bool(container.get("envFrom")) or any(
        variable["valueFrom"].keys() & {"configMapKeyRef", "secretKeyRef"}
        for variable in container.get("env") or ()
        if variable.get("valueFrom")
    )


def expand(text: str, variables: Mapping[str, str]) -> str:
    """The text with `$(NAME)` replaced by variables that exist; `$$` is a dollar.

    >>> expand("$(A)-$(B)-$$(A)", {"A": "x"})
    'x-$(B)-$(A)'

    Raises ConfigError for more than LARGEST characters.
    """
    size = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal size
        name = match[1]
        value = "$" if name is None else variables.get(name, match[0])
        size = _demand_room(size + len(value))
        return value

    # What nothing closes is searched for its end but once.
    end = text.rfind(")") + 1
    return _REFERENCE.sub(replaced, text[:end]) + text[end:].replace("$$", "$")


def _demand_room(size: int) -> int:
    if size > LARGEST:
        raise ConfigError("argument list too long")
    return size


def expanded(store: MemoryStore, pod: Object, container: Object) -> Object:
    """The container with variables put into its command and arguments, as far as they exist."""
    try:
        known = environment_of(store, pod, container)
    except ConfigError:
        return container
    words = {
        part: [expand(word, known) for word in container.get(part) or ()] for part in ("command", "args")
    }
    return {**container, **words}


def mounted_files(store: MemoryStore, pod: Object, container: Object) -> dict[str, str]:
    """The text of each file that the container's volumes hold, by its path in the container.

    What cannot be found is left out.
    """
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or ()}
    files = {}
    for mount in container.get("volumeMounts") or ():
        try:
            content = volume_files(store, pod, volumes.get(mount["name"]) or {})
        except ConfigError:
            continue
        target, part = mount["mountPath"].rstrip("/"), (mount.get("subPath") or "").strip("/")
        for path, text in content.items():
            if not part:
                files[f"{target}/{path}"] = text
            elif path == part:
                files[target] = text
            elif path.startswith(f"{part}/"):
                files[target + path.removeprefix(part)] = text
    return files


def volume_files(store: MemoryStore, pod: Object, volume: Object) -> dict[str, str]:
    """The text of each file of one of the pod's volumes, by its path in the volume.

    Volumes that start empty have none. Raises ConfigError with the kubelet's words if what the volume
    names is not there.
    """
    if volume.get("configMap"):
        source = volume["configMap"]
        return _keys(store, pod, "ConfigMap", source.get("name", ""), source)
    if volume.get("secret"):
        source = volume["secret"]
        return _keys(store, pod, "Secret", source.get("secretName", ""), source)
    if volume.get("downwardAPI"):
        return _downward(store, pod, volume["downwardAPI"].get("items") or ())
    files: dict[str, str] = {}
    for source in (volume.get("projected") or {}).get("sources") or ():
        named = {**source, "secret": _named(source.get("secret"))} if source.get("secret") else source
        files.update(volume_files(store, pod, named))
    return files


def _named(secret: Object) -> Object:
    # A projection calls the Secret `name`, a volume `secretName`.
    return {**secret, "secretName": secret.get("name", "")}


def _keys(store: MemoryStore, pod: Object, kind: str, name: str, source: Object) -> dict[str, str]:
    found = find(store, pod, kind, name, optional=bool(source.get("optional")))
    if found is None:
        return {}
    data = data_of(found)
    if not source.get("items"):
        return data
    files = {}
    for item in source["items"]:
        if item["key"] in data:
            files[item["path"]] = data[item["key"]]
        elif not source.get("optional"):
            called = "config" if kind == "ConfigMap" else "secret"
            raise ConfigError(f"references non-existent {called} key: {item['key']}")
    return files


def _downward(store: MemoryStore, pod: Object, items: Iterable[Object]) -> dict[str, str]:
    files = {}
    for item in items:
        if item.get("fieldRef"):
            files[item["path"]] = field_value(pod, item["fieldRef"]["fieldPath"])
        elif item.get("resourceFieldRef"):
            files[item["path"]] = _resource_value(store, pod, {}, item["resourceFieldRef"])
    return files


def _all_of_source(store: MemoryStore, pod: Object, source: Object) -> dict[str, str]:
    kind, reference = (
        ("ConfigMap", source["configMapRef"])
        if source.get("configMapRef")
        else ("Secret", source.get("secretRef") or {})
    )
    found = find(store, pod, kind, reference.get("name", ""), optional=bool(reference.get("optional")))
    if found is None:
        return {}
    prefix = source.get("prefix") or ""
    return {f"{prefix}{key}": text for key, text in text_of(found).items()}


def _value(
    store: MemoryStore, pod: Object, container: Object, variable: Object, known: Mapping[str, str]
) -> str | None:
    source = variable.get("valueFrom") or {}
    if variable.get("value") or not source:
        return expand(variable.get("value") or "", known)
    if source.get("fieldRef"):
        return field_value(pod, source["fieldRef"]["fieldPath"])
    if source.get("resourceFieldRef"):
        return _resource_value(store, pod, container, source["resourceFieldRef"])
    for kind, part in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if source.get(part):
            return _key_value(store, pod, kind, source[part])
    return ""


def _key_value(store: MemoryStore, pod: Object, kind: str, reference: Object) -> str | None:
    name, key, optional = reference.get("name", ""), reference["key"], bool(reference.get("optional"))
    found = find(store, pod, kind, name, optional=optional)
    if found is None:
        return None
    value = text_of(found).get(key)
    if value is None and not optional:
        raise ConfigError(f"couldn't find key {key} in {kind} {namespace_of(pod)}/{name}")
    return value


def field_value(pod: Object, path: str) -> str:
    """The text of a pod's field as the downward API has it, such as `metadata.labels['app']`."""
    keyed = _KEYED.fullmatch(path)
    if keyed is not None:
        return str((pod["metadata"].get(keyed[1]) or {}).get(keyed[2], ""))
    part, _, field = path.partition(".")
    value = (pod.get(part) or {}).get(field)
    if isinstance(value, dict):
        return "\n".join(f'{key}="{text}"' for key, text in sorted(value.items()))
    if isinstance(value, list):
        return ",".join(entry["ip"] for entry in value)
    return str(value or "")


def _resource_value(store: MemoryStore, pod: Object, container: Object, reference: Object) -> str:
    named = reference.get("containerName")
    if named:
        container = next((c for c in pod["spec"]["containers"] if c["name"] == named), container)
    part, _, resource = reference["resource"].partition(".")
    resources = container.get("resources") or {}
    amount = (resources.get(part) or {}).get(resource)
    if amount is None and part == "limits":
        # Without a limit it is what the node has to give.
        node = store.get("Node", "", pod["spec"].get("nodeName") or "") or {}
        amount = ((node.get("status") or {}).get("allocatable") or {}).get(resource)
    count = quantities.milli if resource == "cpu" else quantities.whole
    divisor = reference.get("divisor") or "1"
    unit = count("1" if str(divisor) == "0" else divisor)
    return str(-(-count(amount or 0) // unit))


def _service_variables(store: MemoryStore, pod: Object, started: float | None) -> dict[str, str]:
    links = pod["spec"].get("enableServiceLinks", True)
    services = {name_of(s): s for s in store.list("Service", namespace_of(pod))} if links else {}
    master = store.get("Service", "default", "kubernetes")
    if master is not None:
        services.setdefault("kubernetes", master)
    variables: dict[str, str] = {}
    for service in services.values():
        made = service["metadata"]["creationTimestamp"]
        if started is None or parse_rfc3339(made) <= started:
            variables.update(_variables_of_service(service))
    return variables


def _variables_of_service(service: Object) -> dict[str, str]:
    address, ports = service["spec"].get("clusterIP"), service["spec"].get("ports") or []
    if not address or address == "None" or not ports:
        return {}
    name = _as_variable(name_of(service))
    found = {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(ports[0]["port"])}
    for port in ports:
        if port.get("name"):
            found[f"{name}_SERVICE_PORT_{_as_variable(port['name'])}"] = str(port["port"])
    for index, port in enumerate(ports):
        protocol, number = port.get("protocol", "TCP"), str(port["port"])
        url, link = f"{protocol.lower()}://{address}:{number}", f"{name}_PORT_{number}_{protocol}"
        if index == 0:
            found[f"{name}_PORT"] = url
        found |= {link: url, f"{link}_PROTO": protocol.lower(), f"{link}_PORT": number}
        found[f"{link}_ADDR"] = address
    return found


def _as_variable(name: str) -> str:
    return name.upper().replace("-", "_")
