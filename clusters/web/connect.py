"""Connect with kubectl: the kubeconfig of a cluster to download, and the commands that do without it."""

from typing import Final, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from clusters import access, keys
from clusters.models import Cluster
from clusters.web.answers import Told, act
from clusters.web.kubeconfig import address_of, context_of, kubeconfig

ROLES: Final = {"": keys.WRITE, "1": keys.READ}


class Connection(NamedTuple):
    """What somebody types to reach the cluster with a key: after a download, or instead of one."""

    role: str
    file: str
    use_file: str
    commands: tuple[str, ...]


@require_safe
@never_cache
def connect(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """The part of the page that shows how; whoever may only look is shown the key that only reads."""
    person = access.person_of(request)
    cluster = access.access_cluster(person, cluster_id, access.VIEW)
    role = access.role_of(person, cluster)
    shown = [keys.READ] if role == access.VIEW else [keys.WRITE, keys.READ]
    context = {
        "cluster": cluster,
        "base": f"/c/{cluster_id}",
        "connections": [_connection(request, cluster, key_role) for key_role in shown],
        "may_replace": role == access.OWN,
    }
    return render(request, "clusters/connect.html", context)


@require_safe
@never_cache
def download(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """The kubeconfig as a file; ?read_only=1 for the key that changes nothing."""
    role = ROLES.get(request.GET.get("read_only", ""), keys.WRITE)
    needed = access.VIEW if role == keys.READ else access.ACT
    cluster = access.access_cluster(access.person_of(request), cluster_id, needed)
    response = HttpResponse(kubeconfig(cluster, _site(request), role), content_type="application/yaml")
    response["Content-Disposition"] = f'attachment; filename="{_file(cluster, role)}"'
    return response


@require_POST
def replace_keys(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """Make both keys void; the owner alone may. The page asks for new ones when somebody looks."""

    def verb(person: str) -> Told:
        keys.replace(cluster_id)
        return Told(_("The old keys no longer work."), _("Download the kubeconfig again."))

    return act(request, cluster_id, verb, role=access.OWN)


def _connection(request: HttpRequest, cluster: Cluster, role: str) -> Connection:
    server = address_of(_site(request), keys.key_of(cluster.pk, role))
    name = context_of(cluster)
    file = _file(cluster, role)
    return Connection(
        role,
        file,
        f"kubectl --kubeconfig {file} get nodes",
        (
            f"kubectl config set-cluster {name} --server={server}",
            f"kubectl config set-context {name} --cluster={name} --namespace=default",
        ),
    )


def _file(cluster: Cluster, role: str) -> str:
    return f"{context_of(cluster)}{'-read-only' if role == keys.READ else ''}.kubeconfig"


def _site(request: HttpRequest) -> str:
    return str(settings.PUBLIC_URL) or request.build_absolute_uri("/").rstrip("/")
