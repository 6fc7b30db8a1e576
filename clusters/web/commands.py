"""What the page's buttons and forms do: POST only, one function a command."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clusters import access, actions
from clusters.web.answers import Told, act
from clusters.web.forms import ClientForm, ControllerForm, ExposeForm, ScaleForm


@require_POST
def kill(request: HttpRequest, cluster_id: str, namespace: str, name: str) -> HttpResponse:
    """Delete a pod; with force=1 at once."""
    force = request.POST.get("force") == "1"

    def verb(person: str) -> Told:
        pod = actions.kill_pod(cluster_id, person, namespace, name, force=force)
        seconds = 0 if force else pod["metadata"].get("deletionGracePeriodSeconds") or 0
        text = _("It has %(seconds)d s to finish its work.") % {"seconds": seconds} if seconds else ""
        return Told(_("You killed %(pod)s.") % {"pod": name}, text)

    return act(request, cluster_id, verb)


@require_POST
def power(request: HttpRequest, cluster_id: str, name: str) -> HttpResponse:
    """Switch a node's power: on=1 or on=0."""
    on = request.POST.get("on") == "1"

    def verb(person: str) -> Told:
        actions.power(cluster_id, person, name, on)
        if on:
            return Told(_("You powered on %(node)s.") % {"node": name})
        text = _("After 50 s without a signal the cluster calls it NotReady.")
        return Told(_("You powered off %(node)s.") % {"node": name}, text)

    return act(request, cluster_id, verb)


@require_POST
def add_node(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """One more node, named by the cluster."""

    def verb(person: str) -> Told:
        node = actions.add_node(cluster_id, person)
        return Told(_("%(node)s joins the cluster.") % {"node": node["metadata"]["name"]})

    return act(request, cluster_id, verb)


@require_POST
def delete_node(request: HttpRequest, cluster_id: str, name: str) -> HttpResponse:
    """Take a node away, with its pods."""

    def verb(person: str) -> Told:
        actions.delete_node(cluster_id, person, name)
        return Told(_("You deleted %(name)s.") % {"name": name})

    return act(request, cluster_id, verb)


@require_POST
def create_replication_controller(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """The form "Create ReplicationController": name, image, replicas."""
    form = ControllerForm(request.POST)

    def verb(person: str) -> Told:
        actions.create_replication_controller(cluster_id, person, **form.cleaned_data)
        title = _("You created the ReplicationController %(name)s.") % {"name": form.cleaned_data["name"]}
        return Told(title, _("It counts its pods and makes what is missing."))

    return act(request, cluster_id, verb, form)


@require_POST
def scale(request: HttpRequest, cluster_id: str, kind: str, namespace: str, name: str) -> HttpResponse:
    """How many pods a ReplicationController, ReplicaSet or Deployment shall keep: replicas."""
    form = ScaleForm(request.POST)

    def verb(person: str) -> Told:
        replicas = form.cleaned_data["replicas"]
        actions.scale(cluster_id, person, kind, namespace, name, replicas)
        return Told(_("You scaled %(name)s to %(n)d.") % {"name": name, "n": replicas})

    return act(request, cluster_id, verb, form)


@require_POST
def delete(request: HttpRequest, cluster_id: str, kind: str, namespace: str, name: str) -> HttpResponse:
    """Delete a Service, whose address is free again then, or what keeps pods: they follow."""

    def verb(person: str) -> Told:
        actions.delete_object(cluster_id, person, kind, namespace, name)
        return Told(_("You deleted %(name)s.") % {"name": name})

    return act(request, cluster_id, verb)


@require_POST
def expose(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """The form "Expose": controller as Kind/namespace/name, name, type, port, target_port."""
    form = ExposeForm(request.POST)
    kind, _slash, place = request.POST.get("controller", "").partition("/")
    namespace, _slash, controller = place.rpartition("/")

    def verb(person: str) -> Told:
        wanted = form.cleaned_data
        actions.expose(
            cluster_id,
            person,
            kind=kind or "ReplicationController",
            namespace=namespace or "default",
            name=controller,
            service=wanted["name"],
            type_=wanted["type"],
            port=wanted["port"],
            target_port=wanted["target_port"],
        )
        title = _("You created the Service %(name)s.") % {"name": wanted["name"]}
        return Told(title, _("Its address stays, whatever happens to the pods."))

    return act(request, cluster_id, verb, form)


@require_POST
def place_client(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """The form "Place client": source as internet, laptop or pod/namespace/name, target, port, every."""
    form = ClientForm(request.POST)
    place, *names = request.POST.get("source", "").split("/")

    def verb(person: str) -> Told:
        pod = (names[0], names[1]) if len(names) == 2 else None
        client = actions.place_client(cluster_id, person, place=place, pod=pod, **form.cleaned_data)
        spec = client["spec"]
        title = _("A client calls %(target)s.") % {"target": spec["target"]}
        return Told(title, _("Every %(n)d s, until you remove it.") % {"n": spec["every"]})

    return act(request, cluster_id, verb, form)


@require_POST
def remove_client(request: HttpRequest, cluster_id: str, name: str) -> HttpResponse:
    """Take a client away."""

    def verb(person: str) -> Told:
        actions.remove_client(cluster_id, person, name)
        return Told(_("The client is gone."))

    return act(request, cluster_id, verb)


@require_POST
def apply(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """The YAML box: manifest. All of it or nothing."""

    def verb(person: str) -> Told:
        applied = actions.apply_manifests(cluster_id, person, request.POST.get("manifest", ""))
        # As kubectl prints it, in English.
        lines = [f"{obj['kind'].lower()}/{obj['metadata']['name']} {what}" for obj, what in applied]
        return Told(_("Applied."), ", ".join(lines))

    return act(request, cluster_id, verb)


@require_POST
def cloud(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """Whether a cloud makes load balancers: cloud=1, or nothing, as a checkbox sends it."""

    def verb(person: str) -> Told:
        actions.set_cloud(cluster_id, person, request.POST.get("cloud") == "1")
        return Told()

    return act(request, cluster_id, verb)


@require_POST
def book(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """Whether commands of the book work: book=1, or nothing, as a checkbox sends it."""

    def verb(person: str) -> Told:
        actions.set_book(cluster_id, person, request.POST.get("book") == "1")
        return Told()

    return act(request, cluster_id, verb)


@require_POST
def revoke(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """Make the cluster's link void; its owner alone may."""

    def verb(person: str) -> Told:
        actions.revoke_claim(cluster_id)
        return Told(_("The link no longer works."), _("Whoever came with it is shut out. You stay."))

    return act(request, cluster_id, verb, role=access.OWN)
