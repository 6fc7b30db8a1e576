"""Any moment of the past is what the cluster was then."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters import storage
from clusters.engine.changes import encode
from clusters.engine.objects import uid_of
from clusters.engine.store import MemoryStore
from clusters.journal import Row
from clusters.web import past as module
from clusters.web.lineage import History
from clusters.web.past import NotKeptError, Past
from tests.engine.test_whole_cluster import COMMANDS, NAMES, Sandbox


class Recorder(Sandbox):
    """A cluster that remembers each image it has committed."""

    def __init__(self, seed, delays):
        self.images = {}
        super().__init__(seed, delays)

    def _commit(self, overlay):
        super()._commit(overlay)
        self.images[self.image.revision] = self.image


def lived(number):
    """A cluster in which much has happened, the same for the same number."""
    random = Random(number)
    box = Recorder(f"seed {number}", random.choice(["real", "none"]))
    COMMANDS["create"](box, "a", 3, "kubia")
    COMMANDS["expose"](box, "a")
    for _ in range(12):
        box.advance(random.choice([0.3, 5, 40, 400]))
        pods = [name for name in box.names("Pod") if name]
        command = random.choice(["kill", "scale", "power_off", "power_on", "add_node", "delete"])
        if command == "kill" and pods:
            COMMANDS["kill"](box, random.choice(pods), random.choice([0, 30]))
        elif command == "scale" and "a" in box.names("ReplicationController"):
            COMMANDS["scale"](box, "a", random.randrange(6))
        elif command in ("power_off", "power_on"):
            COMMANDS[command](box, random.choice(box.names("Node")))
        elif command == "add_node" and len(box.names("Node")) < 6:
            COMMANDS["add_node"](box)
        elif command == "delete" and "a" in box.names("ReplicationController"):
            COMMANDS["delete"](box, "a")
            COMMANDS["create"](box, random.choice(NAMES[1:]), 2, "kubia")
            break
    return box


def rows_of(changes):
    return [
        Row(c.revision, c.verb, c.key, uid_of(c.object), encode(c.object).decode(), c.actor, c.cause, c.time)
        for c in changes
    ]


def from_rows(rows):
    past = Past()
    past.load(rows, History(), lambda change: None)
    return past


def followed(box):
    """A past that was told of each commit."""
    past, history, before = Past(), History(), 0
    for revision, image in sorted(box.images.items()):
        changes = [change for change in box.journal if before < change.revision <= revision]
        for change in changes:
            history.observe(change)
        past.extend(changes, image, history)
        before = revision
    return past


def folded(changes):
    history = History()
    for change in changes:
        history.observe(change)
    return history


def same_lives(one, other):
    return (
        list(one.lives.values()) == list(other.lives.values())
        and one.services == other.services
        and one.flags == other.flags
        and (one.started, one.now) == (other.started, other.now)
    )


@given(number=st.integers(0, 10_000), segment=st.sampled_from([1, 7, 256]))
@settings(max_examples=8, deadline=None)
def test_every_moment_is_what_was_recorded_then(number, segment):
    box = lived(number)
    before, module.SEGMENT = module.SEGMENT, segment
    try:
        pasts = followed(box), from_rows(rows_of(box.journal))
    finally:
        module.SEGMENT = before
    for past in pasts:
        assert (past.oldest, past.newest) == (0, box.image.revision)
        for revision, image in box.images.items():
            moment = past.moment(revision)
            assert moment.image == image
            assert same_lives(moment.history, folded(c for c in box.journal if c.revision <= revision))


@given(number=st.integers(0, 10_000), kept=st.integers(1, 300))
@settings(max_examples=8, deadline=None)
def test_what_compaction_leaves_is_enough_for_all_moments_after_it(number, kept):
    box = lived(number)
    lengths = [(c.revision, c.verb, *c.key, 1) for c in box.journal]
    doomed, until = storage._superseded(lengths, kept, 10**9)
    past = from_rows([row for row in rows_of(box.journal) if row.revision not in set(doomed)])
    assert past.oldest <= until
    assert past.newest == box.image.revision
    for revision, image in box.images.items():
        if revision >= past.oldest:
            assert past.moment(revision).image == image
    if past.oldest:
        with pytest.raises(NotKeptError) as refused:
            past.moment(past.oldest - 1)
        assert refused.value.oldest == past.oldest


def test_a_moment_that_has_not_come_yet_is_refused():
    past = from_rows(rows_of(lived(1).journal))
    with pytest.raises(NotKeptError):
        past.moment(past.newest + 1)


def test_a_past_that_grows_too_long_forgets_its_beginning(monkeypatch):
    box = lived(2)
    monkeypatch.setattr(storage, "KEPT_CHANGES", 100)
    monkeypatch.setattr(module, "SEGMENT", 20)
    for past in (followed(box), from_rows(rows_of(box.journal))):
        assert 100 <= past.newest - past.oldest < len(box.journal)
        revision = min(revision for revision in box.images if revision >= past.oldest)
        assert past.moment(revision).image == box.images[revision]
        living = {uid_of(pod) for pod in past.moment(past.oldest).image.list("Pod")}
        assert all(past.of(uid) for uid in living)


def test_a_change_is_found_by_its_revision_and_by_its_object_with_what_was_before():
    box = lived(3)
    for past in (followed(box), from_rows(rows_of(box.journal))):
        for change in box.journal:
            if change.key.kind != "Event":
                assert past.at(change.revision) == change
        pod = next(change for change in box.journal if change.key.kind == "Pod")
        uid = uid_of(pod.object)
        own = [change for change in box.journal if uid_of(change.object) == uid]
        assert past.of(uid) == own
        assert past.until(own[1].revision).of(uid) == own[:2]
        assert past.until(own[0].revision).at(own[1].revision) is None
        assert past.since(own[0].revision) == [
            c for c in box.journal if c.revision > own[0].revision and c.key.kind != "Event"
        ]
        assert list(past.backwards(own[1].revision)) == [
            c for c in reversed(box.journal) if c.revision <= own[1].revision
        ]


def test_the_moment_of_a_time_is_the_last_revision_by_then():
    box = lived(4)
    past = followed(box)
    times = sorted({change.time for change in box.journal})
    assert past.revision_at(times[0] - 1) == past.oldest
    assert past.revision_at(times[-1] + 1000) == past.newest
    for time, later in pairwise(times):
        until = max(change.revision for change in box.journal if change.time <= time)
        assert past.revision_at((time + later) / 2) == until
        assert past.time_of(until) == time


def test_going_back_and_on_by_one_passes_over_what_nobody_sees():
    box = lived(5)
    past = followed(box)
    seen = [c.revision for c in box.journal if c.key.kind not in module.TELLING_KINDS]
    at, back = past.newest, []
    while at > past.oldest:
        at = past.before(at)
        back.append(at)
    assert back == [*reversed(seen[:-1]), past.oldest]
    on = []
    while at < seen[-1]:
        at = past.after(at)
        on.append(at)
    assert on == seen
    assert past.after(seen[-1]) == past.newest


def test_nothing_is_known_of_a_past_that_has_not_begun():
    past = Past()
    assert (past.oldest, past.newest, list(past.backwards())) == (0, 0, [])
    past.extend([], MemoryStore(), History())
    assert past.since(0) == []
