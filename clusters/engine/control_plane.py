"""The control plane of one cluster: all its controllers, scheduler and kubelets, one work item at a time.

Models what kube-controller-manager, kube-scheduler and the kubelets do together, as one deterministic
machine: the work item that has waited longest is served next, and when nothing is ready the time moves
on to what is due next. A component that was stopped does nothing and forgets its queues, as a process that
ends; started again it lists everything. Left out: parallel workers and the network between the components.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from clusters.engine import cluster
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.changes import Change
from clusters.engine.informer import Controller, Informer
from clusters.engine.objects import Key
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import Mark

logger = logging.getLogger(__name__)


class ControlPlane:
    """Runs controllers over overlays of one cluster's image.

    It keeps nothing but queues, and those follow from the image: `load` rebuilds them after a restart.
    A pass is `mark`, `run` on an overlay, commit, and, should the commit be lost, `rewind`.
    `components` says which of the controllers run in a component that can be stopped.
    """

    def __init__(
        self, controllers: Sequence[Controller], components: Mapping[str, Sequence[Controller]] | None = None
    ) -> None:
        self.controllers = controllers
        self._components = components or {}
        self._set_running(())

    def load(self, store: MemoryStore) -> None:
        """Start with an image that this control plane has not followed so far."""
        self._set_running(cluster.stopped_of(store))
        self._informer.list_existing(store)

    def observe(self, changes: Iterable[Change], store: MemoryStore) -> None:
        """Hear of changes that others have committed; `store` is the image that includes them."""
        for change in changes:
            self._dispatch(change, store)

    def _dispatch(self, change: Change, store: MemoryStore) -> None:
        self._informer.dispatch(change, store)
        if change.key == cluster.KEY:
            self._stop_and_start(change, store)

    def _stop_and_start(self, change: Change, store: MemoryStore) -> None:
        before = self._running
        self._set_running(change.object["spec"]["stopped"])
        # What the queues hold is of a time that is no more, and what waited then they do not hold.
        anew = cluster.goes_back(change)
        for controller in before:
            if anew or controller not in self._running:
                controller.queue.clear()
        started = [controller for controller in self._running if anew or controller not in before]
        if started:
            Informer(started).list_existing(store, change)

    def _set_running(self, stopped: Collection[str]) -> None:
        away = [controller for component in stopped for controller in self._components.get(component, ())]
        self._running = [controller for controller in self.controllers if controller not in away]
        self._informer = Informer(self._running)

    def next_due(self) -> float | None:
        """The earliest simulated time at which something is due; None if nothing waits."""
        due = [at for c in self._running if (at := c.queue.next_due()) is not None]
        return min(due, default=None)

    def has_work(self) -> bool:
        """Whether a work item is ready without waiting."""
        return any(len(c.queue) for c in self._running)

    def mark(self) -> list[Mark]:
        """What all queues hold now."""
        return [c.queue.mark() for c in self.controllers]

    def rewind(self, marks: list[Mark]) -> None:
        """Forget a pass whose writes were not committed."""
        for controller, mark in zip(self.controllers, marks, strict=True):
            controller.queue.rewind(mark)

    def step(self, store: Overlay) -> tuple[str, Key] | None:
        """Do the one work item that has waited longest; says whose and which, None if none is ready."""
        chosen: Controller | None = None
        oldest = 0
        for controller in self._running:
            head = controller.queue.head()
            if head is not None and (chosen is None or head < oldest):
                chosen, oldest = controller, head
        if chosen is None:
            return None
        key, cause = chosen.queue.get()
        try:
            with store.acting(chosen.actor, cause):
                chosen.sync(store, key, cause)
        except StatusError as error:
            # As upstream's processNextWorkItem: what was refused is tried again, later each time.
            logger.debug("%s: %s: %s", chosen.actor, key, error)
            chosen.queue.add_rate_limited(key, store.now, cause)
        else:
            chosen.queue.forget(key)
        return chosen.actor, key

    def run(self, store: Overlay, until: float, keep_going: Callable[[], bool] = lambda: True) -> bool:
        """Do all work that is ready or becomes due by the simulated time `until`.

        Ends early, and returns True for "there is more", when the overlay has no room or `keep_going`
        says no. What is due happens at its due time, not when somebody got round to it.
        """
        store.listener = lambda change: self._dispatch(change, store)
        try:
            self._promote(store.now)
            while True:
                if not (keep_going() and store.room > 0):
                    return self._more(until)
                if self.step(store) is None and not self._advance(store, until):
                    return False
        finally:
            store.listener = None

    def _more(self, until: float) -> bool:
        due = self.next_due()
        return self.has_work() or (due is not None and due <= until)

    def _advance(self, store: Overlay, until: float) -> bool:
        due = self.next_due()
        if due is None or due > until:
            return False
        store.now = max(store.now, due)
        self._promote(store.now)
        return True

    def _promote(self, now: float) -> None:
        for controller in self._running:
            controller.queue.promote(now)
