"""Who held which address, and when: the journal folded into lives, change by change.

A History is fed every change of a cluster in order of revision. Each costs about the same however long
the cluster has lived, and what nobody can see any more is forgotten. The chart is laid out from it in
`lifelines.py`.
"""

from collections import deque
from copy import copy
from typing import Final

from clusters.engine.changes import ADDED, DELETED, Change, by_person
from clusters.engine.clock import parse_rfc3339
from clusters.engine.cluster import KEY as CLUSTER
from clusters.engine.objects import (
    Object,
    controller_of,
    is_active,
    is_deleting,
    is_finished,
    is_ready,
    labels_of,
    simulation_of,
    uid_of,
)
from clusters.web.lives import GONE, Flag, PodLife, ServiceLife, Span
from clusters.web.states import pod_state, pulling_container
from clusters.web.times import created_at

REMEMBERED: Final = 600.0
"""Simulated seconds for which an ended life is kept at least (the chart shows 360)."""
CROWD: Final = 500
"""Lives, from which on ended ones are forgotten at all."""
FLAGS: Final = 200
"""Flags kept."""

SCALERS: Final = {"ReplicationController": "replication-controller", "ReplicaSet": "replicaset-controller"}
"""Who deletes pods because there are too many: such a pod is not replaced."""


class History:
    """The lives of one cluster's pods and Services, kept up to date by `observe`."""

    def __init__(self, started: float | None = None) -> None:
        self.started = started
        self.now = started or 0.0
        self.version = 0
        """Counts up whenever the chart would look different."""
        self.lives: dict[str, PodLife] = {}
        self.services: dict[str, ServiceLife] = {}
        self.flags: deque[Flag] = deque(maxlen=FLAGS)
        self._nodes: dict[str, Object] = {}
        self._on_node: dict[str, set[str]] = {}
        self._replicas: dict[str, int] = {}
        self._vacancies: dict[str, list[str]] = {}
        self._deaths: dict[int, str] = {}
        self._ended: deque[str] = deque()
        self._origin: Object | None = None
        self._continued = 0

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
            self._cluster(change)

    def copy(self) -> "History":
        """One that can be fed other changes than this one from here on."""
        copied = copy(self)
        copied.lives = {uid: life.copy() for uid, life in self.lives.items()}
        copied.services = {uid: life.copy() for uid, life in self.services.items()}
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
        before = _shown(life)
        if self._is_restored(change):
            self._restored(life, change)
        else:
            self._dying(life, change)
            self._crashed(life, change.object, change.time)
        self._describe(life, change.object)
        if change.verb == DELETED:
            self._gone(life, change.time)
        else:
            self._enter(life, change.time)
            if is_finished(change.object) and life.released_at is None:
                life.released_at = change.time
        if before != _shown(life):
            self.version += 1

    def _born(self, change: Change) -> PodLife:
        pod, new = change.object, self._is_new(change)
        controller = controller_of(pod) or {}
        life = PodLife(
            uid=uid_of(pod),
            namespace=change.key.namespace,
            name=change.key.name,
            born=change.time if new else created_at(pod),
            owner=controller.get("uid", ""),
            owner_kind=controller.get("kind", ""),
        )
        # The journal may begin in the middle of a life: what happened before is not news.
        life.restarts = 0 if new else _restarts(pod)
        self.lives[life.uid] = life
        self.version += 1
        if new and life.owner:
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
        replaced = self.lives[uid]
        former = self.lives.get(replaced.replaced_by)
        if former is not None:
            former.replaces = ""
        life.replaces, replaced.replaced_by = uid, life.uid

    def _describe(self, life: PodLife, pod: Object) -> None:
        node = pod["spec"].get("nodeName", "")
        if node and node != life.node:
            self._on_node.setdefault(node, set()).add(life.uid)
        life.node = node
        life.labels = labels_of(pod)
        life.ip = (pod.get("status") or {}).get("podIP") or life.ip
        life.deadline = parse_rfc3339(pod["metadata"]["deletionTimestamp"]) if is_deleting(pod) else None
        life.pod = pod

    def _dying(self, life: PodLife, change: Change) -> None:
        pod = change.object
        doomed = is_deleting(pod) or change.verb == DELETED
        if doomed and life.killed_at is None and life.released_at is None:
            life.killed_at, life.killed_by = change.time, change.actor
            self._vacate(life, change)
            if by_person(change.actor):
                self.flags.append(Flag(change.time, "kill", life.name, life.uid))
        elif is_finished(pod) and life.killed_at is None and life.released_at is None:
            self._vacate(life, change)

    def _cluster(self, change: Change) -> None:
        """Note if somebody has gone back to an earlier moment: one flag tells of all that this causes."""
        origin = change.object["spec"].get("continuedFrom")
        # Later changes of the same object still have it.
        if origin and origin != self._origin and origin["at"] == change.time:
            self._continued = change.revision
            since = int(origin["time"] - (self.started or 0.0))
            self.flags.append(Flag(change.time, "continue", "", "", since))
            self.version += 1
        self._origin = origin

    def _is_restored(self, change: Change) -> bool:
        """Whether somebody who went back has made the object what it was."""
        return bool(self._continued) and change.cause == self._continued and by_person(change.actor)

    def _is_new(self, change: Change) -> bool:
        return change.verb == ADDED and not self._is_restored(change)

    def _restored(self, life: PodLife, change: Change) -> None:
        """Its line ends here without a stamp, or goes on; if it was gone, after a gap."""
        pod = change.object
        if change.verb == DELETED:
            self._reopen(life)
            return
        if life.gone_at is not None and life.released_at is not None:
            life.spans.append(Span(GONE, life.released_at))
            life.gone_at, life.node = None, ""
            self._ended.remove(life.uid)
        if not is_finished(pod):
            life.released_at = None
        if is_active(pod):
            life.killed_at, life.killed_by = None, ""
            self._occupy(life)
        life.restarts = _restarts(pod)

    def _reopen(self, life: PodLife) -> None:
        """A pod goes that was not there then: the place that it took is free if it was free then."""
        self._occupy(life)
        replaced = self.lives.get(life.replaces)
        if replaced is None or self._origin is None:
            return
        died = replaced.released_at if replaced.killed_at is None else replaced.killed_at
        if died is not None and died <= self._origin["time"]:
            self._vacancies.setdefault(life.owner, []).append(replaced.uid)

    def _occupy(self, life: PodLife) -> None:
        """Nobody takes this pod's place: it is there, or there was none."""
        vacancies = self._vacancies.get(life.owner, [])
        if life.uid in vacancies:
            vacancies.remove(life.uid)
        self._deaths.pop(life.death, None)

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
            self._occupy(life)

    def _node(self, change: Change) -> None:
        name = change.key.name
        before = self._nodes.get(name)
        if change.verb == DELETED:
            self._nodes.pop(name, None)
        else:
            self._nodes[name] = change.object
        if by_person(change.actor) and not self._is_restored(change):
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
            born = change.time if self._is_new(change) else created_at(service)
            life = self.services[uid] = ServiceLife(uid, change.key.namespace, change.key.name, born)
        life.ip = spec.get("clusterIP") or ""
        life.selector = spec.get("selector") or {}
        if change.verb == DELETED:
            life.gone_at = change.time
            self._forget_services(change.time)
        elif life.gone_at is not None:
            life.gaps.append((life.gone_at, change.time))
            life.gone_at = None
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
        changed = before is not None and before != replicas
        if changed and by_person(change.actor) and not self._is_restored(change):
            self.flags.append(Flag(change.time, "scale", change.key.name, uid, replicas))
            self.version += 1


def _shown(life: PodLife) -> tuple[object, ...]:
    """What the chart shows of a life."""
    pull = pulling_container(life.pod) if life.pod else None
    until = pull.get("until") if pull else None
    return life.ip, life.node, life.state, life.deadline, life.restarts, life.gone_at, until


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
