"""The arithmetic of a rollout: how many pods of which ReplicaSet, in which revision. Nothing is written here.

Models `pkg/controller/deployment/util/deployment_util.go`, the orders of ReplicaSets in
`pkg/controller/controller_utils.go` and `ComputeHash` there. The hash of a template is another number than
upstream's, which is one over Go's own print of its structs.
"""

from hashlib import blake2b
from typing import Any, Final

from clusters.engine.apiserver.names import safe_encode
from clusters.engine.changes import encode
from clusters.engine.objects import Object, annotations_of, name_of, uid_of, with_value

HASH_LABEL: Final = "pod-template-hash"
REVISION: Final = "deployment.kubernetes.io/revision"
REVISION_HISTORY: Final = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS: Final = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS: Final = "deployment.kubernetes.io/max-replicas"

_NOT_COPIED: Final = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        REVISION_HISTORY,
        DESIRED_REPLICAS,
        MAX_REPLICAS,
        "deprecated.deployment.rollback.to",
    }
)
_LONGEST_HISTORY: Final = 2000
"""Characters of the annotation with old revisions."""
_LONGEST_NAME: Final = 253


def replicas(obj: Object) -> int:
    """How many pods a Deployment or ReplicaSet asks for."""
    wanted: int = obj["spec"]["replicas"]
    return wanted


def total(sets: list[Object]) -> int:
    """How many pods these ReplicaSets ask for together."""
    return sum(map(replicas, sets))


def reported(sets: list[Object], count: str) -> int:
    """The sum of one count in the status of these ReplicaSets, such as `availableReplicas`."""
    return sum((obj.get("status") or {}).get(count, 0) for obj in sets)


def active(sets: list[Object]) -> list[Object]:
    """Those that ask for pods."""
    return [obj for obj in sets if replicas(obj) > 0]


def oldest_first(sets: list[Object]) -> list[Object]:
    """By creation; those of one second by name."""
    return sorted(sets, key=lambda obj: (obj["metadata"]["creationTimestamp"], name_of(obj)))


def largest_first(sets: list[Object], *, newer_first: bool) -> list[Object]:
    """By size; those of one size by age."""
    by_age = oldest_first(sets)
    return sorted(by_age[::-1] if newer_first else by_age, key=lambda obj: -replicas(obj))


def is_rolling_update(deployment: Object) -> bool:
    """Whether new pods replace old ones step by step, rather than all at once."""
    kind: str = deployment["spec"]["strategy"]["type"]
    return kind == "RollingUpdate"


def max_surge(deployment: Object) -> int:
    """How many pods there may be above those asked for."""
    return _fenceposts(deployment)[0] if is_rolling_update(deployment) else 0


def max_unavailable(deployment: Object) -> int:
    """How many of the pods asked for a rolling update may do without."""
    if not is_rolling_update(deployment):
        return 0
    return min(_fenceposts(deployment)[1], replicas(deployment))


def max_replicas(deployment: Object) -> int:
    """How many pods there may be at most."""
    return replicas(deployment) + max_surge(deployment)


def _fenceposts(deployment: Object) -> tuple[int, int]:
    rolling, wanted = deployment["spec"]["strategy"]["rollingUpdate"], replicas(deployment)
    surge = scaled_value(rolling["maxSurge"], wanted, round_up=True)
    unavailable = scaled_value(rolling["maxUnavailable"], wanted, round_up=False)
    # Percentages of few pods can be 0 twice, and then nothing would ever move.
    return surge, unavailable if surge or unavailable else 1


def scaled_value(value: int | str, whole: int, *, round_up: bool) -> int:
    """A number as it is, or a percentage such as `25%` of `whole`."""
    if isinstance(value, int):
        return value
    part = int(value.rstrip("%")) * whole
    return -(-part // 100) if round_up else part // 100


def new_replicas(deployment: Object, sets: list[Object], new: Object) -> int:
    """How many pods the new ReplicaSet, one of `sets`, may ask for now."""
    if not is_rolling_update(deployment):
        return replicas(deployment)
    room = max_replicas(deployment) - total(sets)
    if room <= 0:
        return replicas(new)
    return replicas(new) + min(room, replicas(deployment) - replicas(new))


def is_saturated(deployment: Object, new: Object | None) -> bool:
    """Whether the new ReplicaSet has all the pods asked for, and was given them for that."""
    if new is None:
        return False
    desired = _number(annotations_of(new).get(DESIRED_REPLICAS))
    return desired is not None and replicas(new) == replicas(deployment) == desired


def is_scaled(deployment: Object, sets: list[Object]) -> bool:
    """Whether somebody scaled the Deployment since its ReplicaSets were given their sizes."""
    known = [_number(annotations_of(obj).get(DESIRED_REPLICAS)) for obj in active(sets)]
    return any(desired is not None and desired != replicas(deployment) for desired in known)


def proportions(deployment: Object, sets: list[Object]) -> dict[str, int]:
    """The sizes, by name, of active ReplicaSets in a rollout whose Deployment was scaled.

    Each grows or shrinks by its share, and the largest takes what is left over.
    """
    allowed = max_replicas(deployment) if replicas(deployment) else 0
    to_add = allowed - total(sets)
    ordered = largest_first(sets, newer_first=to_add > 0)
    sizes = {name_of(obj): replicas(obj) for obj in ordered}
    left = to_add
    for obj in ordered:
        if not left:
            break
        share = _share(deployment, obj)
        share = min(share, left) if to_add > 0 else max(share, left)
        sizes[name_of(obj)] += share
        left -= share
    largest = name_of(ordered[0])
    sizes[largest] = max(0, sizes[largest] + left)
    return sizes


def _share(deployment: Object, obj: Object) -> int:
    """By how many pods this ReplicaSet should grow (or shrink, below 0) as its Deployment did."""
    if not replicas(deployment):
        return -replicas(obj)
    before = _number(annotations_of(obj).get(MAX_REPLICAS)) or reported([deployment], "replicas")
    if not before:
        return 0
    # As Go rounds: a half goes away from 0, and there is nothing below 0 here.
    return (2 * replicas(obj) * max_replicas(deployment) + before) // (2 * before) - replicas(obj)


def replicas_annotations(deployment: Object) -> dict[str, str]:
    """What a ReplicaSet remembers about the size of its Deployment."""
    return {DESIRED_REPLICAS: str(replicas(deployment)), MAX_REPLICAS: str(max_replicas(deployment))}


def revision_of(obj: Object) -> int:
    """The revision of a Deployment or ReplicaSet; 0 if it has none that is a number."""
    return _number(annotations_of(obj).get(REVISION)) or 0


def new_annotations(deployment: Object, annotations: dict[str, str], revision: int) -> dict[str, str]:
    """The annotations of the new ReplicaSet, which had these ones, in that revision.

    The Deployment's own are copied, such as its change-cause. A ReplicaSet that comes back remembers
    the revisions it had.
    """
    copied = {key: value for key, value in annotations_of(deployment).items() if key not in _NOT_COPIED}
    result = {**annotations, **copied}
    before = annotations.get(REVISION)
    if before and _number(before) is None:
        return annotations
    if (_number(before) or 0) < revision:
        result[REVISION] = str(revision)
        if before is not None:
            result[REVISION_HISTORY] = _history(annotations.get(REVISION_HISTORY), before)
    return result


def _history(known: str | None, revision: str) -> str:
    revisions = [*(known.split(",") if known else []), revision]
    while len(",".join(revisions)) > _LONGEST_HISTORY:
        revisions.pop(0)
    return ",".join(revisions)


def template_hash(template: Object, collision_count: int | None) -> str:
    """What tells this pod template from others, in the characters of generated names."""
    # Two templates that are the same have the same text, whatever the order of their fields.
    text = encode(_sorted(template)) + str(collision_count or "").encode()
    return safe_encode(str(int.from_bytes(blake2b(text, digest_size=4).digest())))


def replica_set_name(deployment: Object, hashed: str) -> str:
    """The name of the ReplicaSet for a template with that hash."""
    return f"{name_of(deployment)[: _LONGEST_NAME - len(hashed) - 1]}-{hashed}"


def same_template(one: Object, other: Object) -> bool:
    """Whether two pod templates differ in their hash label at most."""
    return bool(_sorted(_without_hash(one)) == _sorted(_without_hash(other)))


def find_new(deployment: Object, sets: list[Object]) -> Object | None:
    """The ReplicaSet of the Deployment's template; the oldest, should there be several."""
    template = deployment["spec"]["template"]
    same = (obj for obj in oldest_first(sets) if same_template(obj["spec"]["template"], template))
    return next(same, None)


def find_old(sets: list[Object], new: Object | None) -> list[Object]:
    """All but the new one."""
    return [obj for obj in sets if new is None or uid_of(obj) != uid_of(new)]


def find_active_or_latest(new: Object | None, old: list[Object]) -> Object | None:
    """The only ReplicaSet that asks for pods; the newest if none does, None if several do."""
    sets = [*oldest_first(old), *([new] if new is not None else [])]
    running = active(sets)
    if len(running) > 1 or not sets:
        return None
    return running[0] if running else sets[-1]


def _without_hash(template: Object) -> Object:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH_LABEL}
    return with_value(template, ("metadata", "labels"), labels)


def _sorted(value: Any) -> Any:
    """The value in one order, without what is null: Go knows no difference."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value) if value[key] is not None}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _number(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
