"""Which state of a cluster an answer is about: the newest, or for the further pages of a list an older one.

Models apiserver's `pkg/storage/etcd3` and `pkg/storage/cacher` as far as resourceVersions are concerned.
"""

import asyncio
import time
from collections import OrderedDict
from typing import Final

from clusters import memory
from clusters.engine.apiserver.listing import ListOptions, wanted_revision
from clusters.engine.store import MemoryStore

KEPT: Final = 8
"""Images of first pages that are kept for each cluster."""
CLUSTERS: Final = 200
"""Clusters for which some are."""
SECONDS: Final = 300.0
"""For which they are kept, as etcd is compacted."""

_kept: OrderedDict[str, OrderedDict[int, tuple[MemoryStore, float]]] = OrderedDict()


async def newest(cluster_id: str) -> MemoryStore:
    """The cluster as of its last commit. Raises Cluster.DoesNotExist."""
    image = memory.current(cluster_id)
    if image is not None:
        return image
    # Without a revision to follow from it is the image alone that is asked for.
    followed = await asyncio.wrap_future(memory.follow(cluster_id, 0))
    return followed.image


def keep(cluster_id: str, image: MemoryStore) -> None:
    """Remember an image for the pages that follow its first one."""
    images = _kept.setdefault(cluster_id, OrderedDict())
    images[image.revision] = image, time.monotonic() + SECONDS
    images.move_to_end(image.revision)
    _kept.move_to_end(cluster_id)
    if len(images) > KEPT:
        images.popitem(last=False)
    if len(_kept) > CLUSTERS:
        _kept.popitem(last=False)


def kept(cluster_id: str, revision: int) -> MemoryStore | None:
    """The cluster as it was at a revision, if that was kept."""
    image, until = _kept.get(cluster_id, OrderedDict()).get(revision, (None, 0.0))
    return image if time.monotonic() < until else None


async def of_list(cluster_id: str, options: ListOptions) -> MemoryStore:
    """The image that a list needs, the newest if the one that it needs is not kept.

    Raises Cluster.DoesNotExist, and StatusError for options that cannot be read.
    """
    image = await newest(cluster_id)
    revision = wanted_revision(options)
    return image if revision is None else kept(cluster_id, revision) or image
