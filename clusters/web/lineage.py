"""Who held which address, and when: the journal folded into lives, change by change.

A History is fed every change of a cluster in order of revision. Each costs about the same however long
the cluster has lived, and what nobody can see any more is forgotten. The chart is laid out from it in
`lifelines.py`.
"""

from collections import deque
from copy import copy
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Final

from clusters.engine.changes import ADDED, DELETED, Change, by_person
from clusters.engine.clock import parse_rfc3339
from clusters.engine.cluster import KEY as CLUSTER
from clusters.engine.objects import (
    Object,
    controller_of,
    is_deleting,
    is_finished,
    is_ready,
    labels_of,
    simulation_of,
    uid_of,
)
from clusters.web.states import pod_state
from clusters.web.times import created_at

REMEMBERED: Final = 600.0
"""Simulated seconds for which an ended life is kept at least (the chart shows 360)."""
CROWD: Final = 500
"""Lives, from which on ended ones are forgotten at all."""
SPANS: Final = 200
"""Spans and crashes kept of one pod: one that crashes for days costs no more than that."""

SCALERS: Final = {"ReplicationController": "replication-controller", "ReplicaSet": "replicaset-controller"}
"""Who deletes pods because there are too many: such a pod is not replaced."""


@dataclass(frozen=True, slots=True)
class Span:
    """A pod was in this state (a word of `states.pod_state`) from `start` until the next span."""

    state: str
    start: float


@dataclass(slots=True)
class PodLife:
    """One pod from birth to end. All times are simulated seconds since the epoch."""

    uid: str
    namespace: str
    name: str
    born: float
    owner: str = ""
    owner_kind: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    node: str = ""
    ip: str = ""
    spans: deque[Span] = field(default_factory=lambda: deque(maxlen=SPANS))
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=SPANS))
    restarts: int = 0
    killed_at: float | None = None
    killed_by: str = ""
    deadline: float | None = None
    """When the grace period ends (deletionTimestamp)."""
    released_at: float | None = None
    """When it gave its IP back: it finished for good, or it is gone."""
    gone_at: float | None = None
    replaces: str = ""
    replaced_by: str = ""
    death: int = 0
    """The revision that left its place empty, 0 if its controller did not want another."""
    pod: Object | None = None
    """The last state; None once the pod is gone."""

    @property
    def state(self) -> str:
        return self.spans[-1].state if self.spans else "pending"

    def copy(self) -> "PodLife":
        """One that can be changed without this one; what they share, nobody changes."""
        copied = PodLife(*_fields(self))
        copied.spans, copied.crashes = self.spans.copy(), self.crashes.copy()
        return copied


_fields = attrgetter(*(one.name for one in fields(PodLife)))
"""A third of the time of copy.copy, and there are thousands of lives."""


@dataclass(slots=True)
class ServiceLife:
    """One Service: the address that stays."""

    uid: str
    namespace: str
    name: str
    born: float
    ip: str = ""
    selector: dict[str, str] = field(default_factory=dict)
    gone_at: float | None = None

    def selects(self, life: PodLife) -> bool:
        """Whether its selector matches the pod; a Service without selector matches none."""
        return (
            bool(self.selector)
            and life.namespace == self.namespace
            and self.selector.items() <= life.labels.items()
        )


@dataclass(frozen=True, slots=True)
class Flag:
    """What a person did: `verb` is kill, power-off, power-on, delete-node or scale; `number` the replicas."""

    time: float
    verb: str
    name: str
    uid: str
    number: int = 0


class History:
    """The lives of one cluster's pods and Services, kept up to date by `observe`."""

    def __init__(self, started: float | None = None) -> None:
        self.started = started
        self.now = started or 0.0
        self.version = 0
        """Counts up whenever the chart would look different."""
        self.lives: dict[str, PodLife] = {}
        self.services: dict[str, ServiceLife] = {}
        self.flags: deque[Flag] = deque(maxlen=SPANS)
        self._nodes: dict[str, Object] = {}
        self._on_node: dict[str, set[str]] = {}
        self._replicas: dict[str, int] = {}
        self._vacancies: dict[str, list[str]] = {}
        self._deaths: dict[int, str] = {}
        self._ended: deque[str] = deque()

    def observe(self, change: Change) -> None:
        """Take in the next change of the journal; `previous` is not needed."""
        self.now = max(self.now, change.time)
        if self.started is None:
            self.started = change.time
        kind = change.key.kind
        if kind == "Pod":
            self._pod(change)
        elif kind == "Node":
            self._node(change)
        elif kind == "Service":
            self._service(change)
        elif kind in SCALERS or kind == "Deployment":
            self._scaler(change)
        elif change.key == CLUSTER:
            self.started = min(self.started, created_at(change.object))

    def copy(self) -> "History":
        """One that can be fed other changes than this one from here on."""
        copied = copy(self)
        copied.lives = {uid: life.copy() for uid, life in self.lives.items()}
        copied.services = {uid: copy(life) for uid, life in self.services.items()}
        copied.flags, copied._ended = self.flags.copy(), self._ended.copy()
        copied._nodes, copied._replicas = self._nodes.copy(), self._replicas.copy()
        copied._on_node = {node: uids.copy() for node, uids in self._on_node.items()}
        copied._vacancies = {owner: uids.copy() for owner, uids in self._vacancies.items()}
        copied._deaths = self._deaths.copy()
        return copied

    def lineages(self) -> list[list[PodLife]]:
        """Chains of pods, each replacing the one before it, by the birth of the first that is known."""
        chains = []
        for life in self.lives.values():
            if life.replaces in self.lives:
                continue
            chain = [life]
            while (following := self.lives.get(chain[-1].replaced_by)) is not None:
                chain.append(following)
            chains.append(chain)
        return sorted(chains, key=lambda chain: (chain[0].born, chain[0].name))

    def _pod(self, change: Change) -> None:
        life = self.lives.get(uid_of(change.object))
        if life is None:
            if change.verb == DELETED:
                return
            life = self._born(change)
        before = (life.ip, life.node, life.state, life.deadline, life.restarts, life.gone_at)
        self._describe(life, change.object)
        self._dying(life, change)
        self._crashed(life, change.object, change.time)
        if change.verb == DELETED:
            self._gone(life, change.time)
        else:
            self._enter(life, change.time)
            if is_finished(change.object) and life.released_at is None:
                life.released_at = change.time
        if before != (life.ip, life.node, life.state, life.deadline, life.restarts, life.gone_at):
            self.version += 1

    def _born(self, change: Change) -> PodLife:
        pod = change.object
        controller = controller_of(pod) or {}
        life = PodLife(
            uid=uid_of(pod),
            namespace=change.key.namespace,
            name=change.key.name,
            born=change.time if change.verb == ADDED else created_at(pod),
            owner=controller.get("uid", ""),
            owner_kind=controller.get("kind", ""),
        )
        # The journal may begin in the middle of a life: what happened before is not news.
        life.restarts = _restarts(pod) if change.verb != ADDED else 0
        self.lives[life.uid] = life
        self.version += 1
        if change.verb == ADDED and life.owner:
            self._replace(life, change.cause)
        return life

    def _replace(self, life: PodLife, cause: int) -> None:
        """Find the pod whose place a controller's new pod takes: that of the cause, else the last to die."""
        vacancies = self._vacancies.get(life.owner)
        if not vacancies:
            return
        known = self._deaths.get(cause, "")
        uid = known if known in vacancies else vacancies[-1]
        vacancies.remove(uid)
        life.replaces = uid
        self.lives[uid].replaced_by = life.uid

    def _describe(self, life: PodLife, pod: Object) -> None:
        node = pod["spec"].get("nodeName", "")
        if node and node != life.node:
            self._on_node.setdefault(node, set()).add(life.uid)
        life.node = node
        life.labels = labels_of(pod)
        life.ip = (pod.get("status") or {}).get("podIP") or life.ip
        life.pod = pod

    def _dying(self, life: PodLife, change: Change) -> None:
        pod = change.object
        if is_deleting(pod):
            life.deadline = parse_rfc3339(pod["metadata"]["deletionTimestamp"])
        doomed = is_deleting(pod) or change.verb == DELETED
        if doomed and life.killed_at is None and life.released_at is None:
            life.killed_at, life.killed_by = change.time, change.actor
            self._vacate(life, change)
            if by_person(change.actor):
                self.flags.append(Flag(change.time, "kill", life.name, life.uid))
        elif is_finished(pod) and life.killed_at is None and life.released_at is None:
            self._vacate(life, change)

    def _vacate(self, life: PodLife, change: Change) -> None:
        if life.owner and change.actor != SCALERS.get(life.owner_kind):
            self._vacancies.setdefault(life.owner, []).append(life.uid)
            self._deaths[change.revision] = life.uid
            life.death = change.revision

    def _crashed(self, life: PodLife, pod: Object, time: float) -> None:
        if life.killed_at is not None:
            return
        restarts = _restarts(pod)
        if restarts > life.restarts:
            life.crashes.append(time)
        life.restarts = max(restarts, life.restarts)

    def _enter(self, life: PodLife, time: float) -> None:
        """Begin a new span if the pod's state, which also depends on its node, is another now."""
        if life.pod is None:
            return
        state = pod_state(life.pod, self._nodes.get(life.node))
        if not life.spans:
            life.spans.append(Span(state, life.born))
        elif life.spans[-1].state != state:
            life.spans.append(Span(state, time))

    def _gone(self, life: PodLife, time: float) -> None:
        life.gone_at = time
        if life.released_at is None:
            life.released_at = time
        life.pod = None
        self._on_node.get(life.node, set()).discard(life.uid)
        self._ended.append(life.uid)
        self._forget(time)

    def _forget(self, now: float) -> None:
        while len(self.lives) > CROWD and self._ended:
            life = self.lives[self._ended[0]]
            if life.gone_at is None or life.gone_at > now - REMEMBERED:
                return
            del self.lives[self._ended.popleft()]
            vacancies = self._vacancies.get(life.owner, [])
            if life.uid in vacancies:
                vacancies.remove(life.uid)
            self._deaths.pop(life.death, None)

    def _node(self, change: Change) -> None:
        name = change.key.name
        before = self._nodes.get(name)
        if change.verb == DELETED:
            self._nodes.pop(name, None)
        else:
            self._nodes[name] = change.object
        if by_person(change.actor):
            self._flag_node(change, before)
        if before is None or change.verb == DELETED or is_ready(before) != is_ready(change.object):
            for uid in self._on_node.get(name, ()):
                self._enter(self.lives[uid], change.time)
            self.version += 1

    def _flag_node(self, change: Change, before: Object | None) -> None:
        powered = simulation_of(change.object).get("powered", True)
        verb = ""
        if change.verb == DELETED:
            verb = "delete-node"
        elif before is not None and powered != simulation_of(before).get("powered", True):
            verb = "power-on" if powered else "power-off"
        if verb:
            self.flags.append(Flag(change.time, verb, change.key.name, uid_of(change.object)))
            self.version += 1

    def _service(self, change: Change) -> None:
        service = change.object
        uid, spec = uid_of(service), service["spec"]
        life = self.services.get(uid)
        if life is None:
            born = change.time if change.verb == ADDED else created_at(service)
            life = self.services[uid] = ServiceLife(uid, change.key.namespace, change.key.name, born)
        life.ip = spec.get("clusterIP") or ""
        life.selector = spec.get("selector") or {}
        if change.verb == DELETED:
            life.gone_at = change.time
            self._forget_services(change.time)
        self.version += 1

    def _forget_services(self, now: float) -> None:
        old = [
            uid
            for uid, life in self.services.items()
            if life.gone_at is not None and life.gone_at < now - REMEMBERED
        ]
        for uid in old:
            del self.services[uid]

    def _scaler(self, change: Change) -> None:
        uid, replicas = uid_of(change.object), change.object["spec"].get("replicas", 1)
        before = self._replicas.get(uid)
        if change.verb == DELETED:
            self._replicas.pop(uid, None)
            self._vacancies.pop(uid, None)
            return
        self._replicas[uid] = replicas
        if before is not None and before != replicas and by_person(change.actor):
            self.flags.append(Flag(change.time, "scale", change.key.name, uid, replicas))
            self.version += 1


def _restarts(pod: Object) -> int:
    """How often its containers failed and were or will be started again, all together."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return sum(status.get("restartCount", 0) + _is_down(status) for status in statuses)


def _is_down(status: Object) -> int:
    """1 while a failed container waits for its next start: its restartCount goes up only then."""
    state = status.get("state") or {}
    if "terminated" in state:
        return int(state["terminated"].get("exitCode", 0) != 0)
    return int((state.get("waiting") or {}).get("reason") == "CrashLoopBackOff")
