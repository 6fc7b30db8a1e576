"""Keeps as many pods running as a ReplicationController asks for.

Models kube-controller-manager's ReplicationManager (`pkg/controller/replication`), which is the ReplicaSet
controller with another kind: its selector is a plain map, and it reports no terminating pods.
"""

from functools import partial

from clusters.engine.controllers.replicaset import ReplicaSetController, Wanted
from clusters.engine.labels import subset_matches
from clusters.engine.objects import Object


class ReplicationManager(ReplicaSetController):
    """The control loop of ReplicationControllers."""

    kind = "ReplicationController"
    actor = "replication-controller"
    watches = frozenset({"ReplicationController", "Pod"})
    counts_terminating = False

    def wanted(self, controller: Object) -> Wanted:
        """What the controller's selector says of labels."""
        return partial(subset_matches, controller["spec"]["selector"])
