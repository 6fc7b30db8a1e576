"""What a person does to go on from an earlier moment of a cluster."""

import time

from django.utils.translation import gettext as _

from clusters.actions.objects import act
from clusters.engine import restoring
from clusters.engine.apiserver.errors import bad_request
from clusters.engine.store import MemoryStore, Overlay


def continue_from(cluster_id: str, person: str, revision: int, past: MemoryStore, then: float) -> None:
    """Make a cluster what it was at an earlier revision; its history is kept, and what follows added to it.

    `past` is the image at that revision, `then` its simulated time. Raises 400 if the revision has not come
    yet, or is not that of the image.
    """

    def verb(store: Overlay) -> None:
        if revision != past.revision:
            raise bad_request(_("Revision %(revision)d is not kept.") % {"revision": revision})
        if revision > store.revision:
            said = _("The cluster is at revision %(now)d: it cannot go on from revision %(revision)d.")
            raise bad_request(said % {"now": store.revision, "revision": revision})
        restoring.continue_from(store, past, then, time.time())

    act(cluster_id, person, verb)
