"""A verb on an overlay, a commit, a publication: how every write of a cluster is carried out.

A verb is tried on an overlay of the image and committed if the cluster is still at the image's revision.
Whoever was slower throws his overlay away, catches up and tries again; after three losses he takes the
cluster's row first, so that nobody starves. Only what is committed is ever published or announced.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from clusters import announce, memory, storage, traffic
from clusters.engine.clock import Clock
from clusters.engine.cluster import clock_of
from clusters.engine.control_plane import ControlPlane
from clusters.engine.store import Overlay
from clusters.memory import Held
from clusters.writer import PERSON, WORKER, writer

T = TypeVar("T")

LOSSES: Final = 3
"""After so many a verb takes the cluster's row first."""
LEASE: Final = 10.0
"""Seconds for which a worker has a cluster to itself."""


@dataclass(frozen=True, slots=True)
class Pass:
    """How a pass of the control plane ended.

    `lost`: somebody else was faster, nothing was written. `more`: there is work left for now. `wake_at`:
    when something is due, wall seconds; None if nothing waits.
    """

    lost: bool
    more: bool
    wake_at: float | None
    writes: int = 0


def transact(
    cluster_id: str, verb: Callable[[Overlay], T], *, actor: str, cause: int = 0, kills: int = 0
) -> T:
    """Run a verb on a cluster and return what it returns, once its writes are committed and announced.

    The verb may run several times and writes nothing but the overlay. What it raises, such as a
    StatusError, passes through, and nothing is written. For threads; event loops use `submit`. Raises
    Cluster.DoesNotExist.
    """
    return writer.call(partial(_transact, cluster_id, verb, actor, cause, kills), PERSON, cluster_id)


def submit(
    cluster_id: str,
    verb: Callable[[Overlay], T],
    *,
    actor: str,
    cause: int = 0,
    kills: int = 0,
    manager: str = "",
    dry_run: bool = False,
) -> Future[T]:
    """As `transact`, without waiting: event loops await the Future by `asyncio.wrap_future`.

    The writes belong to this field `manager`. With `dry_run` they are tried and thrown away.
    """
    run = partial(_transact, cluster_id, verb, actor, cause, kills, manager, dry_run)
    return writer.submit(run, PERSON, cluster_id)


def drive(cluster_id: str, verb: Callable[[ControlPlane, Overlay], T], *, actor: str) -> T:
    """As `transact`, for a verb that lets the control plane work by hand, whether or not time stands still.

    What it raises passes through, and neither the writes nor the work have happened.
    """
    return writer.call(partial(_drive, cluster_id, verb, actor), PERSON, cluster_id)


def reconcile(cluster_id: str, owner: str, limit: int, seconds: float) -> Future[Pass | None]:
    """Let the control plane work for one pass: at most about `limit` writes and `seconds` of real time.

    The result is None if another worker has leased the cluster. Raises Cluster.DoesNotExist.
    """
    return writer.submit(partial(_reconcile, cluster_id, owner, limit, seconds), WORKER)


def _transact(
    cluster_id: str,
    verb: Callable[[Overlay], T],
    actor: str,
    cause: int,
    kills: int,
    manager: str = "",
    dry_run: bool = False,
) -> T:
    losses = 0
    while True:
        with storage.locked(cluster_id) if losses >= LOSSES else nullcontext():
            held = memory.caught_up(cluster_id)
            now = max(held.time, clock_of(held.image).now(time.time()))
            overlay = Overlay(held.image, now=now, seed=held.seed, actor=actor, cause=cause)
            overlay.manager = manager
            result = verb(overlay)
            if dry_run:
                return result
            won = not overlay.changes or _commit(held, overlay, time.time(), kills=kills)
        if won:
            _publish(held, overlay)
            return result
        losses += 1


def _drive(cluster_id: str, verb: Callable[[ControlPlane, Overlay], T], actor: str) -> T:
    losses = 0
    while True:
        with storage.locked(cluster_id) if losses >= LOSSES else nullcontext():
            held = memory.caught_up(cluster_id)
            plane = memory.plane_of(held)
            marks = plane.mark()
            overlay = Overlay(held.image, now=held.time, seed=held.seed, actor=actor)
            try:
                result = verb(plane, overlay)
                clock = clock_of(overlay)
                won = _commit(held, overlay, _wake_at(plane, clock))
            except BaseException:
                plane.rewind(marks)
                raise
        if won:
            _publish(held, overlay, by_plane=True, wake=not clock.paused)
            return result
        plane.rewind(marks)
        losses += 1


def _reconcile(cluster_id: str, owner: str, limit: int, seconds: float) -> Pass | None:
    held = memory.caught_up(cluster_id)
    now = time.time()
    if now > held.leased_until - LEASE / 2:
        if not storage.claim(cluster_id, owner, now, now + LEASE):
            return None
        held.leased_until = now + LEASE
    try:
        return _pass(held, limit, time.perf_counter() + seconds)
    except BaseException:
        # The queues are in the middle of something: begin again from the database.
        memory.drop(cluster_id)
        raise


def _pass(held: Held, limit: int, deadline: float) -> Pass:
    clock = clock_of(held.image)
    if clock.paused:
        return _rest(held)
    plane = memory.plane_of(held)
    marks = plane.mark()
    overlay = Overlay(held.image, now=held.time, seed=held.seed, limit=limit)
    until = max(held.time, clock.now(time.time()))
    more = plane.run(overlay, until, lambda: time.perf_counter() < deadline)
    wake_at = _wake_at(plane, clock)
    if not _commit(held, overlay, wake_at, release=not more):
        plane.rewind(marks)
        return Pass(lost=True, more=True, wake_at=None)
    held.time = overlay.now
    if not more:
        held.leased_until = 0.0
    _publish(held, overlay, by_plane=True, wake=False)
    return Pass(lost=False, more=more, wake_at=wake_at, writes=len(overlay.changes))


def _rest(held: Held) -> Pass:
    """Time stands still: all that is ready waits with it, for steps or until it goes on."""
    won = storage.commit(held.cluster_id, held.image.revision, (), wake_at=None, release=True)
    if won:
        held.leased_until = 0.0
    return Pass(lost=not won, more=not won, wake_at=None)


def _wake_at(plane: ControlPlane, clock: Clock) -> float | None:
    """When the worker has to look again, wall seconds."""
    due = plane.next_due()
    if clock.paused or (due is None and not plane.has_work()):
        return None
    return time.time() if due is None or plane.has_work() else clock.wall_at(due)


def _commit(
    held: Held, overlay: Overlay, wake_at: float | None, *, release: bool = False, kills: int = 0
) -> bool:
    return storage.commit(
        held.cluster_id,
        held.image.revision,
        overlay.changes,
        wake_at=wake_at,
        release=release,
        kills=kills,
    )


def _publish(held: Held, overlay: Overlay, *, by_plane: bool = False, wake: bool = True) -> None:
    if not overlay.changes:
        return
    before = held.image.revision
    held.advance(overlay.publish(), overlay.changes, by_plane=by_plane)
    announce.committed(held.cluster_id, overlay.revision, by_worker=not wake)
    if overlay.calls:
        announce.run_soon(partial(traffic.record, held.cluster_id, overlay.calls))
    if storage.grown(held.cluster_id, before, overlay.revision):
        writer.post(partial(storage.compact, held.cluster_id))
