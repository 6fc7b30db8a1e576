"""The file with which kubectl and other clients find a cluster, and the address that is in it."""

import yaml

from clusters import keys
from clusters.models import Cluster


def server_of(site: str, cluster_id: str, key: str) -> tuple[str, str]:
    """The API's address below the site's own, and the bearer token, "" if the address says it all.

    kubectl sends a token over https only; there it keeps the key out of the logs of proxies.
    """
    if site.startswith("https://"):
        return f"{site}/k8s/{cluster_id}", key
    return f"{site}/k8s/{key}", ""


def context_of(cluster: Cluster) -> str:
    """What clusters, users and contexts of the file are called: lifelines-<id>."""
    return f"lifelines-{cluster.pk}"


def kubeconfig(cluster: Cluster, site: str, role: str = keys.WRITE) -> str:
    """The kubeconfig as YAML. `site` is the site's address without a slash at its end.

    For threads: it makes the key if the cluster has none yet.
    """
    server, token = server_of(site, cluster.pk, keys.key_of(cluster.pk, role))
    name = context_of(cluster)
    user = f"{name}-{keys.USERS[role]}"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": user, "user": {"token": token} if token else {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user, "namespace": "default"}}],
        "current-context": name,
    }
    return yaml.safe_dump(document, sort_keys=False)
