"""A sentence about a change, and what a teller of one is given."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters.engine.changes import ADDED, DELETED, Change, by_person
from clusters.engine.objects import Object, is_deleting
from clusters.web.times import left_text

COMPONENTS: Final = {
    "bootstrap": gettext_lazy("The installer"),
    "default-scheduler": gettext_lazy("Scheduler"),
    "deployment-controller": gettext_lazy("Deployment controller"),
    "disruption-controller": gettext_lazy("Disruption controller"),
    "endpoint-controller": gettext_lazy("Endpoints controller"),
    "endpointslice-controller": gettext_lazy("EndpointSlice controller"),
    "event-ttl": gettext_lazy("API server"),
    "garbage-collector": gettext_lazy("Garbage collector"),
    "kube-apiserver": gettext_lazy("API server"),
    "namespace-controller": gettext_lazy("Namespace controller"),
    "node-controller": gettext_lazy("Node controller"),
    "pod-garbage-collector": gettext_lazy("Pod garbage collector"),
    "replicaset-controller": gettext_lazy("ReplicaSet controller"),
    "replication-controller": gettext_lazy("ReplicationManager"),
    "resourcequota-controller": gettext_lazy("ResourceQuota controller"),
    "service-account-controller": gettext_lazy("ServiceAccount controller"),
    "service-controller": gettext_lazy("The cloud"),
    "taint-eviction-controller": gettext_lazy("Taint eviction"),
}
"""The names of components, by actor."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """`icon` is the id of a symbol, `tone` fail, work, run or quiet, `html` the sentence.

    `pulling` is (from, until) in simulated seconds while the sentence tells of a pull.
    """

    icon: str
    tone: str
    html: SafeString
    pulling: tuple[float, float] | None = None


class Told(NamedTuple):
    """A change with the state before it, and how many pods its controller had counted, if it is known."""

    change: Change
    before: Object | None
    counted: int | None = None
    wanted: int | None = None

    @property
    def name(self) -> str:
        return self.change.key.name

    @property
    def dies(self) -> bool:
        """Whether this change is the one that ends it: a deletion begins, or it goes without one."""
        doomed = self.change.verb == DELETED or is_deleting(self.change.object)
        return doomed and (self.before is None or not is_deleting(self.before))


def strong(text: str) -> SafeString:
    return format_html("<b>{}</b>", text)


def mono(text: str) -> SafeString:
    return format_html("<code>{}</code>", text)


def left(until: float, now: float) -> SafeString:
    """The time that is left until a simulated time; the page counts it down."""
    text = left_text(until - now)
    return format_html('<span class="left" data-until="{}" data-text="{}">{}</span>', until, "{}", text)


def say(icon: str, tone: str, text: str, **values: object) -> Sentence:
    """The sentence of a translated text with these values in it."""
    return Sentence(icon, tone, format_html(text, **values))


def you_changed(told: Told) -> list[Sentence]:
    """A person's change of any object; [] if the fields that moved say more."""
    values = {"you": strong(_("You")), "kind": told.change.key.kind, "name": mono(told.name)}
    if told.change.verb == ADDED:
        return [say("s-command", "quiet", _("{you} created {kind} {name}"), **values)]
    if told.dies:
        return [say("s-gone", "fail", _("{you} deleted {kind} {name}"), **values)]
    if told.before is None:
        return [say("s-command", "quiet", _("{you} changed {kind} {name}"), **values)]
    return []


def actor_name(actor: str) -> SafeString:
    """Who acted, by the name that the page gives it, such as `kubelet on node-2`."""
    component, _slash, node = actor.partition("/")
    if by_person(actor):
        return strong(_("You"))
    name = strong(str(COMPONENTS.get(component, component or _("The simulator"))))
    return format_html(_("{kubelet} on {node}"), kubelet=name, node=node) if node else name
