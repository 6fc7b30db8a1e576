"""What the cluster gives a container to live in: its name, address, variables, and the files put into it.

Models the kubelet's `managedHostsFileContent` (`pkg/kubelet/kubelet_pods.go`) and
`pkg/kubelet/network/dns`. What volumes hold and which variables there are, environment.py says.

Nothing here writes.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Self

from clusters.engine.images import Image
from clusters.engine.kubelet.environment import environment_of, mounted_files
from clusters.engine.kubelet.sources import ConfigError
from clusters.engine.network.dns import DNS_ADDRESS, NDOTS, search_domains, uses_cluster_dns
from clusters.engine.network.routing import hostname_of
from clusters.engine.objects import Object, namespace_of
from clusters.engine.store import MemoryStore

_NODE_DNS: Final = "172.18.0.1"


class Surroundings(NamedTuple):
    """`variables` and `files` are (name, value) and (path, content); `directory` "" is the image's own."""

    variables: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    hostname: str = "localhost"
    address: str = "127.0.0.1"
    directory: str = ""

    def with_variables(self, given: Mapping[str, str] | None) -> Self:
        """The same with these variables, too."""
        return self._replace(variables=tuple({**dict(self.variables), **(given or {})}.items()))


def surroundings_of(store: MemoryStore, pod: Object, container: Object, image: Image) -> Surroundings:
    """What a program that is started in the container now finds there."""
    files = {
        "/etc/hosts": hosts_file(pod).encode(),
        "/etc/hostname": f"{hostname_of(pod)}\n".encode(),
        "/etc/resolv.conf": resolv_conf(pod).encode(),
        "/etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
        "/etc/group": b"root:x:0:\n",
        "/dev/null": b"",
    }
    files |= {path: text.encode() for path, text in mounted_files(store, pod, container).items()}
    return Surroundings(
        tuple(variables_in(store, pod, container, image).items()),
        tuple(files.items()),
        hostname_of(pod),
        (pod.get("status") or {}).get("podIP") or "",
        container.get("workingDir") or image.workdir,
    )


def variables_in(store: MemoryStore, pod: Object, container: Object, image: Image) -> dict[str, str]:
    """The variables of the container's processes; what cannot be had any more is missing."""
    try:
        found = environment_of(store, pod, container)
    except ConfigError:
        found = {"HOSTNAME": hostname_of(pod)}
    return {**found, "HOME": "/root" if image.user == "root" else f"/home/{image.user}"}


def hosts_file(pod: Object) -> str:
    """/etc/hosts, as the kubelet writes it (`managedHostsFileContent`)."""
    hostname, subdomain = hostname_of(pod), pod["spec"].get("subdomain")
    names = [hostname]
    if subdomain:
        names.insert(0, f"{hostname}.{subdomain}.{namespace_of(pod)}.svc.cluster.local")
    lines = [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::\tip6-localnet",
        "fe00::\tip6-mcastprefix",
        "fe00::1\tip6-allnodes",
        "fe00::2\tip6-allrouters",
        "\t".join([(pod.get("status") or {}).get("podIP") or "", *names]),
    ]
    aliases = pod["spec"].get("hostAliases") or ()
    if aliases:
        lines += ["", "# Entries added by HostAliases."]
        lines += ["\t".join([alias["ip"], *(alias.get("hostnames") or ())]) for alias in aliases]
    return "\n".join([*lines, ""])


def resolv_conf(pod: Object) -> str:
    """/etc/resolv.conf, as the kubelet writes it (`pkg/kubelet/network/dns`)."""
    config, lines = pod["spec"].get("dnsConfig") or {}, list[str]()
    domains, servers = search_domains(pod), list(config.get("nameservers") or ())
    if pod["spec"].get("dnsPolicy") != "None":
        servers.insert(0, DNS_ADDRESS if uses_cluster_dns(pod) else _NODE_DNS)
    if domains:
        lines.append(f"search {' '.join(domains)}")
    lines += [f"nameserver {server}" for server in servers]
    options = {"ndots": str(NDOTS)} if uses_cluster_dns(pod) else {}
    options |= {option["name"]: option.get("value") or "" for option in config.get("options") or ()}
    if options:
        lines.append("options " + " ".join(f"{name}:{v}" if v else name for name, v in options.items()))
    return "\n".join([*lines, ""])
