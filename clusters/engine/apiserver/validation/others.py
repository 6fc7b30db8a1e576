"""What makes a Namespace, Node, Endpoints, EndpointSlice or Event wrong.

Models the parts for these kinds of `pkg/apis/core/validation` and `pkg/apis/discovery/validation`.
Left out: IPv6.
"""

import re
from typing import Final

from clusters.engine import names
from clusters.engine.apiserver.fields import FieldError, forbidden, invalid, not_supported, required
from clusters.engine.apiserver.validation.container import PROTOCOLS, numbers
from clusters.engine.apiserver.validation.metadata import immutable, validate_metadata
from clusters.engine.apiserver.validation.pod import validate_taints
from clusters.engine.apiserver.validation.service import NOT_AN_IP, is_ipv4
from clusters.engine.objects import Object

_PREFIX_LENGTH: Final = re.compile("[0-9]|[12][0-9]|3[012]")
_NOT_A_CIDR: Final = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def validate_namespace(obj: Object) -> list[FieldError]:
    """Complaints about a Namespace."""
    return validate_metadata(obj, namespaced=False, name_check=names.dns1123_label)


def validate_node(obj: Object) -> list[FieldError]:
    """Complaints about a Node's name, taints and ranges of pod addresses."""
    spec = obj.get("spec") or {}
    errors = validate_metadata(obj, namespaced=False)
    errors += validate_taints(spec.get("taints") or (), "metadata.taints")
    cidr, cidrs = spec.get("podCIDR"), spec.get("podCIDRs") or []
    if cidr and cidrs[:1] != [cidr]:
        # The older field counts, as in upstream's conversion.
        cidrs = [cidr]
    for index, value in enumerate(cidrs):
        if not _is_ipv4_cidr(value):
            errors.append(invalid(f"spec.podCIDRs[{index}]", value, _NOT_A_CIDR))
    return errors


def validate_node_update(obj: Object, before: Object) -> list[FieldError]:
    """A node's range of pod addresses is given once."""
    spec, old = obj.get("spec") or {}, before.get("spec") or {}
    if old.get("podCIDR") and spec.get("podCIDR") != old["podCIDR"]:
        said = 'node updates may not change podCIDR except from "" to valid'
        return [forbidden("spec.podCIDRs", said)]
    return []


def validate_endpoints(obj: Object) -> list[FieldError]:
    """Complaints about filled-in Endpoints."""
    errors = validate_metadata(obj)
    for index, subset in enumerate(obj.get("subsets") or ()):
        path = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            errors.append(required(path, "must specify `addresses` or `notReadyAddresses`"))
        for part in ("addresses", "notReadyAddresses"):
            for number, address in enumerate(subset.get(part) or ()):
                if not is_ipv4(address.get("ip", "")):
                    field = f"{path}.{part}[{number}].ip"
                    errors.append(invalid(field, address.get("ip", ""), NOT_AN_IP))
        errors += _validate_ports(subset.get("ports") or [], f"{path}.ports")
    return errors


def validate_endpoint_slice(obj: Object) -> list[FieldError]:
    """Complaints about a filled-in EndpointSlice."""
    errors = validate_metadata(obj)
    type_ = obj.get("addressType")
    if not type_:
        errors.append(required("addressType"))
    elif type_ not in ("FQDN", "IPv4", "IPv6"):
        errors.append(not_supported("addressType", type_, ("FQDN", "IPv4", "IPv6")))
    for index, endpoint in enumerate(obj.get("endpoints") or ()):
        if not endpoint.get("addresses"):
            errors.append(required(f"endpoints[{index}].addresses", "must contain at least 1 address"))
    return errors


def validate_endpoint_slice_update(obj: Object, before: Object) -> list[FieldError]:
    """A slice keeps its type of addresses."""
    return immutable("addressType", obj.get("addressType"), before.get("addressType"))


def validate_event(obj: Object) -> list[FieldError]:
    """Complaints about an Event."""
    errors = validate_metadata(obj)
    involved = obj.get("involvedObject")
    if involved is None:
        return [*errors, required("involvedObject")]
    if involved.get("namespace") and involved["namespace"] != obj["metadata"].get("namespace"):
        field, value = "involvedObject.namespace", involved["namespace"]
        errors.append(invalid(field, value, "does not match event.namespace"))
    return errors


def _is_ipv4_cidr(text: str) -> bool:
    address, _, length = text.partition("/")
    return is_ipv4(address) and _PREFIX_LENGTH.fullmatch(length) is not None


def _validate_ports(ports: list[Object], field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, port in enumerate(ports):
        path = f"{field}[{index}]"
        if len(ports) > 1 and not port.get("name"):
            errors.append(required(f"{path}.name"))
        errors += numbers(f"{path}.port", port.get("port", 0))
        if port["protocol"] not in PROTOCOLS:
            errors.append(not_supported(f"{path}.protocol", port["protocol"], PROTOCOLS))
    return errors
