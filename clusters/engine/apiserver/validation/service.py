"""What makes a Service wrong.

Models the Service parts of `pkg/apis/core/validation/validation.go`. Left out: IPv6, health check node
ports and load balancer classes. Whether an address or node port is free is seen by `allocation`.
"""

from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final

from clusters.engine import names
from clusters.engine.apiserver.fields import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from clusters.engine.apiserver.validation.container import PROTOCOLS, numbers
from clusters.engine.apiserver.validation.metadata import complaints, validate_labels, validate_metadata
from clusters.engine.objects import Object

_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_SUPPORTED: Final = {
    "sessionAffinity": ("ClientIP", "None"),
    "type": _TYPES,
    "externalTrafficPolicy": ("Cluster", "Local"),
    "internalTrafficPolicy": ("Cluster", "Local"),
}


def validate_service(obj: Object) -> list[FieldError]:
    """Complaints about a filled-in Service."""
    spec = obj["spec"]
    errors = validate_metadata(obj, name_check=names.dns1123_label)
    if not spec.get("ports") and spec["type"] != "ExternalName" and not _is_headless(spec):
        errors.append(required("spec.ports"))
    errors += _validate_type(spec)
    errors += _validate_ports(spec)
    errors += validate_labels("spec.selector", spec.get("selector"))
    for part, supported in _SUPPORTED.items():
        if spec.get(part) is not None and spec[part] not in supported:
            errors.append(not_supported(f"spec.{part}", spec[part], supported))
    return errors + _validate_addresses(spec) + _validate_type_only(spec)


def validate_service_update(obj: Object, before: Object) -> list[FieldError]:
    """A cluster IP may not change while the Service has one."""
    spec, old = obj["spec"], before["spec"]
    if "ExternalName" in (spec["type"], old["type"]):
        return []
    asked, had = spec.get("clusterIPs") or [], old.get("clusterIPs") or []
    if had and not asked:
        return [invalid("spec.clusterIPs[0]", asked, "primary clusterIP can not be unset")]
    if had and asked[0] != had[0]:
        return [invalid("spec.clusterIPs[0]", asked, "may not change once set")]
    return []


def _validate_type(spec: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    type_ = spec["type"]
    if type_ in ("LoadBalancer", "NodePort") and _is_headless(spec):
        errors.append(invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {type_} services"))
    if type_ == "ExternalName":
        for part in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if spec.get(part):
                errors.append(forbidden(f"spec.{part}", "may not be set for ExternalName services"))
        name = (spec.get("externalName") or "").removesuffix(".")
        errors += (
            complaints("spec.externalName", name, names.dns1123_subdomain)
            if name
            else [required("spec.externalName")]
        )
    return errors


def _is_headless(spec: Object) -> bool:
    """Whether it asks for no cluster IP; it may say so in either field."""
    asked = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or ()), "")
    return bool(asked == "None")


def _validate_ports(spec: Object) -> list[FieldError]:
    ports = spec.get("ports") or []
    errors: list[FieldError] = []
    seen_names, seen_ports, seen_node_ports = set(), set(), set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        errors += _validate_port(port, path, needs_name=len(ports) > 1)
        name, protocol = port.get("name"), port["protocol"]
        if name and name in seen_names:
            errors.append(duplicate(f"{path}.name", name))
        seen_names.add(name)
        if node_port := port.get("nodePort"):
            if spec["type"] == "ClusterIP":
                said = "may not be used when `type` is 'ClusterIP'"
                errors.append(forbidden(f"{path}.nodePort", said))
            if (protocol, node_port) in seen_node_ports:
                errors.append(duplicate(f"{path}.nodePort", node_port))
            seen_node_ports.add((protocol, node_port))
        if (protocol, port.get("port")) in seen_ports:
            errors.append(duplicate(path, {"port": port.get("port"), "protocol": protocol}))
        seen_ports.add((protocol, port.get("port")))
    return errors


def _validate_port(port: Object, path: str, *, needs_name: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    if port.get("name"):
        errors += complaints(f"{path}.name", port["name"], names.dns1123_label)
    elif needs_name:
        errors.append(required(f"{path}.name"))
    errors += numbers(f"{path}.port", port.get("port", 0))
    if port["protocol"] not in PROTOCOLS:
        errors.append(not_supported(f"{path}.protocol", port["protocol"], PROTOCOLS))
    target = port.get("targetPort", 0)
    if isinstance(target, str):
        return errors + complaints(f"{path}.targetPort", target, names.port_name)
    return errors + numbers(f"{path}.targetPort", target)


def _validate_addresses(spec: Object) -> list[FieldError]:
    errors = []
    address, asked = spec.get("clusterIP"), spec.get("clusterIPs") or []
    if address and asked and asked[0] != address:
        errors.append(invalid("spec.clusterIPs", asked, "first value must match `clusterIP`"))
    asked = asked or ([address] if address else [])
    for index, address in enumerate(asked):
        if address != "None" and not is_ipv4(address):
            errors.append(invalid(f"spec.clusterIPs[{index}]", address, NOT_AN_IP))
    for index, address in enumerate(spec.get("externalIPs") or ()):
        if not is_ipv4(address):
            errors.append(invalid(f"spec.externalIPs[{index}]", address, NOT_AN_IP))
    return errors


def _validate_type_only(spec: Object) -> list[FieldError]:
    errors = []
    if spec["type"] != "LoadBalancer":
        for part in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
            if spec.get(part) is not None:
                errors.append(forbidden(f"spec.{part}", "may only be used when `type` is 'LoadBalancer'"))
    outside = spec["type"] in ("NodePort", "LoadBalancer") or spec.get("externalIPs")
    if not outside and spec.get("externalTrafficPolicy"):
        said = "may only be set for externally-accessible services"
        errors.append(invalid("spec.externalTrafficPolicy", spec["externalTrafficPolicy"], said))
    return errors


NOT_AN_IP: Final = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def is_ipv4(text: str) -> bool:
    """Whether a text is an address as Services and pods have them."""
    return len(text) <= len("255.255.255.255") and _is_ipv4(text)


@lru_cache(maxsize=4096)
def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
