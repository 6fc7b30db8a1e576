"""The only door for writes: every change of a cluster, by a person or by its control plane, goes through.

Views, sockets, commands and the worker call these functions and nothing below them. They are for threads;
what an event loop may call returns a Future.
"""

from clusters.access import revoke_claim
from clusters.actions.clients import place_client, remove_client
from clusters.actions.clock import SPEEDS, TakenError, set_clock, set_clock_role, skip, step
from clusters.actions.faults import set_component, set_kubelet, set_pulls
from clusters.actions.histories import open_history, open_named_history
from clusters.actions.objects import (
    add_node,
    apply_manifests,
    cordon,
    create_replication_controller,
    delete_node,
    delete_object,
    expose,
    kill_pod,
    power,
    scale,
)
from clusters.actions.restoring import continue_from
from clusters.actions.sandboxes import (
    create_cluster,
    create_named_cluster,
    delete_cluster,
    open_sandbox,
    set_book,
    set_cloud,
    untouched,
)
from clusters.actions.transactions import Pass, reconcile, submit, transact

__all__ = [
    "SPEEDS",
    "Pass",
    "TakenError",
    "add_node",
    "apply_manifests",
    "continue_from",
    "cordon",
    "create_cluster",
    "create_named_cluster",
    "create_replication_controller",
    "delete_cluster",
    "delete_node",
    "delete_object",
    "expose",
    "kill_pod",
    "open_history",
    "open_named_history",
    "open_sandbox",
    "place_client",
    "power",
    "reconcile",
    "remove_client",
    "revoke_claim",
    "scale",
    "set_book",
    "set_clock",
    "set_clock_role",
    "set_cloud",
    "set_component",
    "set_kubelet",
    "set_pulls",
    "skip",
    "step",
    "submit",
    "transact",
    "untouched",
]
