"""Names of the cluster: what a resolver in a pod asks for, and what CoreDNS answers.

Models resolv.conf's `search` and `ndots` as the kubelet writes them, /etc/hosts, and CoreDNS' plugin
`kubernetes` (with `pods insecure`, as kubeadm sets it up). Left out: CoreDNS as pods that can fail, SRV and
PTR records, and all names outside of the cluster: there is no internet here.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, NamedTuple

from clusters.engine.network.endpoints import endpoints_of
from clusters.engine.objects import Object, name_of, namespace_of
from clusters.engine.store import MemoryStore

CLUSTER_DOMAIN: Final = "cluster.local"
DNS_ADDRESS: Final = "10.96.0.10"
NDOTS: Final = 5
_POD_NAME: Final = re.compile(r"(\d+)-(\d+)-(\d+)-(\d+)")
_DEEPEST_ALIAS: Final = 8


class Found(NamedTuple):
    """A name in full, and its IPv4 addresses; none if only the name exists."""

    name: str
    addresses: list[str]


@lru_cache(maxsize=1024)
def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def search_domains(pod: Object) -> list[str]:
    """The `search` line of the pod's resolv.conf; none if it does not use the cluster's DNS."""
    policy, host = pod["spec"].get("dnsPolicy", "ClusterFirst"), pod["spec"].get("hostNetwork")
    given = list((pod["spec"].get("dnsConfig") or {}).get("searches") or ())
    if policy in ("Default", "None") or (policy == "ClusterFirst" and host):
        return given
    return [f"{namespace_of(pod)}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN, *given]


def uses_cluster_dns(pod: Object) -> bool:
    """Whether the pod's name server is the cluster's."""
    policy = pod["spec"].get("dnsPolicy", "ClusterFirst")
    if policy == "None":
        return DNS_ADDRESS in ((pod["spec"].get("dnsConfig") or {}).get("nameservers") or ())
    return policy != "Default" and not (policy == "ClusterFirst" and pod["spec"].get("hostNetwork"))


def resolve(store: MemoryStore, pod: Object, name: str, *, search: bool = True) -> Found | None:
    """What a program in the pod finds for a name; None if there is no such name.

    `search` False looks up the name as it is, as `nslookup` of some images does.
    """
    if name.lower() == "localhost":
        return Found("localhost", ["127.0.0.1"])
    own = _hosts(pod).get(name.lower())
    if own is not None and search:
        return Found(name, [own])
    if not uses_cluster_dns(pod):
        return None
    for candidate in _candidates(pod, name) if search else [name.rstrip(".")]:
        addresses = lookup(store, candidate)
        if addresses is not None:
            return Found(candidate, addresses)
    return None


def _hosts(pod: Object) -> dict[str, str]:
    """The names in the pod's /etc/hosts."""
    found = {}
    for alias in pod["spec"].get("hostAliases") or ():
        found.update(dict.fromkeys(alias.get("hostnames") or (), alias["ip"]))
    address = (pod.get("status") or {}).get("podIP")
    if address:
        found[pod["spec"].get("hostname") or name_of(pod)] = address
    return found


def _candidates(pod: Object, name: str) -> Iterator[str]:
    if name.endswith("."):
        yield name[:-1]
        return
    if name.count(".") >= NDOTS:
        yield name
    for domain in search_domains(pod):
        yield f"{name}.{domain}"
    if name.count(".") < NDOTS:
        yield name


def lookup(store: MemoryStore, name: str, depth: int = 0) -> list[str] | None:
    """The addresses that CoreDNS has for a full name, in a fixed order; None is NXDOMAIN."""
    name = name.lower()
    if not name.endswith(f".{CLUSTER_DOMAIN}") or depth > _DEEPEST_ALIAS:
        return None
    labels = name.removesuffix(f".{CLUSTER_DOMAIN}").split(".")
    if len(labels) == 3 and labels[2] == "pod":
        return _pod_address(store, *labels[:2])
    if labels[-1] != "svc" or not 3 <= len(labels) <= 4:
        return None
    service = store.get("Service", labels[-2], labels[-3])
    if service is None:
        return None
    if service["spec"].get("type") == "ExternalName":
        return lookup(store, service["spec"].get("externalName", "").rstrip("."), depth + 1)
    return _service_addresses(store, service, labels[0] if len(labels) == 4 else "")


def _service_addresses(store: MemoryStore, service: Object, hostname: str) -> list[str] | None:
    address = service["spec"].get("clusterIP")
    if address != "None":
        return [address] if address and not hostname else None
    endpoints = endpoints_of(store, service, None)
    names = {endpoint.ip: endpoint.hostname or endpoint.ip.replace(".", "-") for endpoint in endpoints}
    found = sorted(ip for ip, name in names.items() if hostname in ("", name))
    return found or None


def _pod_address(store: MemoryStore, dashed: str, namespace: str) -> list[str] | None:
    found = _POD_NAME.fullmatch(dashed)
    if found is None or store.get("Namespace", "", namespace) is None:
        return None
    address = ".".join(found.groups())
    return [address] if is_address(address) else None
