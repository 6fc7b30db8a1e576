"""The file with which kubectl and other clients find a cluster, and the address that is in it."""

import yaml

from clusters import keys
from clusters.models import Cluster


def address_of(site: str, named: str) -> str:
    """The API's address below the site's own: of the cluster that a key opens, or that has this id."""
    return f"{site}/k8s/{named}"


def context_of(cluster: Cluster) -> str:
    """What clusters, users and contexts of the file are called: lifelines-<id>."""
    return f"lifelines-{cluster.pk}"


def kubeconfig(cluster: Cluster, site: str, role: str = keys.WRITE) -> str:
    """The kubeconfig as YAML. `site` is the site's address without a slash at its end.

    For threads: it makes the key if the cluster has none yet.
    """
    key = keys.key_of(cluster.pk, role)
    # kubectl sends a token over https only; there it keeps the key out of the logs of proxies.
    secure = site.startswith("https://")
    name = context_of(cluster)
    user = f"{name}-{keys.USERS[role]}"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": address_of(site, cluster.pk if secure else key)}}],
        "users": [{"name": user, "user": {"token": key} if secure else {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user, "namespace": "default"}}],
        "current-context": name,
    }
    return yaml.safe_dump(document, sort_keys=False)
