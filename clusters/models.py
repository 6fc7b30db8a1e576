"""Rows: clusters, the objects in them, their journal, who may act, and what people write down.

The kinds that people look for have tables of their own with a few columns to look by; every other kind is
a row of KubeObject. The manifest is text, exactly as the engine wrote it (jsonb would reorder keys and
refuse \\u0000). Rows are read and written by `clusters.storage` and `clusters.journal`.
"""

import secrets
import time
from typing import Any

from django.db import models

from clusters.engine.objects import Object, is_ready

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody mistakes for each other."""


def new_id() -> str:
    """A cluster's id: 12 letters and digits, 60 bits, unguessable and fit to be read aloud."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


def new_seed() -> str:
    """What a cluster's random choices are drawn from: 16 hexadecimal digits."""
    return secrets.token_hex(8)


class Cluster(models.Model):
    """A simulated cluster. `owner` is a person as `clusters.access` knows one, "" for nobody yet.

    Wall times are seconds since the epoch. `revision` is that of the last change; `wake_at` when the
    worker has to look again (in the past: now; null: when somebody acts).
    """

    class ClockRole(models.TextChoices):
        """Who may turn the clock: all who may act, or the owner alone."""

        ACT = "act"
        OWN = "own"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    name = models.CharField(max_length=100, blank=True)
    made_by_command = models.BooleanField(default=False)
    owner = models.CharField(max_length=64, blank=True, db_index=True)
    seed = models.CharField(max_length=32, default=new_seed, editable=False)
    revision = models.BigIntegerField(default=0)
    wake_at = models.FloatField(null=True, db_index=True)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.FloatField(null=True)
    claim_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the link's token")
    clock_role = models.CharField(max_length=8, choices=ClockRole.choices, default=ClockRole.ACT)
    kills = models.BigIntegerField(default=0, help_text="pods killed by people; survives compaction")
    created_at = models.FloatField(default=time.time)
    used_at = models.FloatField(default=time.time, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(made_by_command=True), name="one_made_cluster_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.id


class Grant(models.Model):
    """Lets a person who is not the owner into a cluster."""

    class Role(models.TextChoices):
        """What the person may do; acting includes viewing."""

        VIEW = "view"
        ACT = "act"

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="grants")
    person = models.CharField(max_length=64, db_index=True)
    role = models.CharField(max_length=8, choices=Role.choices)
    by_link = models.BooleanField(default=False, help_text="came with the link, goes when it is revoked")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "person"], name="one_grant_per_person")]

    def __str__(self) -> str:
        return f"{self.person} may {self.role} in {self.cluster_id}"


class ApiKey(models.Model):
    """Lets clients of the Kubernetes API into a cluster. The key itself is not stored, see clusters.keys."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, related_name="+")
    role = models.CharField(max_length=8, choices=Grant.Role.choices)
    nonce = models.CharField(max_length=32, editable=False)
    hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the key")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "role"], name="one_key_per_role")]

    def __str__(self) -> str:
        return f"a key to {self.role} in {self.cluster_id}"


class File(models.Model):
    """A text that a person has written down for a cluster's terminal; nobody else sees it."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, db_index=False, related_name="+")
    person = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    text = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "person", "name"], name="one_file_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class CallCount(models.Model):
    """How many calls of placed clients were answered before `time`, when the cluster was at `revision`:
    the journal before it is compacted. `totals` is JSON; times are simulated seconds.
    """

    cluster = models.OneToOneField(Cluster, models.CASCADE, primary_key=True, related_name="+")
    revision = models.BigIntegerField()
    time = models.FloatField()
    totals = models.TextField()

    def __str__(self) -> str:
        return f"calls in {self.cluster_id} until {self.revision}"


class ManifestRow(models.Model):
    """An object: what names it, the revision of its last change, and its manifest as JSON text."""

    cluster = models.ForeignKey(Cluster, models.CASCADE, db_index=False, related_name="+")
    namespace = models.CharField(max_length=63, blank=True)
    name = models.CharField(max_length=253)
    uid = models.CharField(max_length=36)
    revision = models.BigIntegerField()
    labels = models.TextField(blank=True, help_text="app=web,tier=front")
    manifest = models.TextField()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["cluster", "namespace", "name"], name="one_%(class)s_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @classmethod
    def columns(cls, obj: Object) -> dict[str, Any]:
        """The values of the columns that only this table has."""
        return {}


class Node(ManifestRow):
    """A node; `ready` is its condition as last written."""

    ready = models.BooleanField()
    unschedulable = models.BooleanField()

    @classmethod
    def columns(cls, obj: Object) -> dict[str, Any]:
        return {"ready": is_ready(obj), "unschedulable": bool((obj.get("spec") or {}).get("unschedulable"))}


class Pod(ManifestRow):
    """A pod; `node` and `pod_ip` are "" until it has them."""

    node = models.CharField(max_length=253, blank=True)
    phase = models.CharField(max_length=16, blank=True)
    pod_ip = models.CharField(max_length=45, blank=True)

    @classmethod
    def columns(cls, obj: Object) -> dict[str, Any]:
        status = obj.get("status") or {}
        return {
            "node": obj["spec"].get("nodeName") or "",
            "phase": status.get("phase") or "",
            "pod_ip": status.get("podIP") or "",
        }


class ReplicationController(ManifestRow):
    """A ReplicationController: how many pods it should have, and how many are ready."""

    replicas = models.IntegerField()
    ready_replicas = models.IntegerField()

    @classmethod
    def columns(cls, obj: Object) -> dict[str, Any]:
        return {
            "replicas": obj["spec"].get("replicas") or 0,
            "ready_replicas": (obj.get("status") or {}).get("readyReplicas") or 0,
        }


class Service(ManifestRow):
    """A Service."""

    type = models.CharField(max_length=16, blank=True)
    cluster_ip = models.CharField(max_length=45, blank=True)

    @classmethod
    def columns(cls, obj: Object) -> dict[str, Any]:
        spec = obj["spec"]
        return {"type": spec.get("type") or "", "cluster_ip": spec.get("clusterIP") or ""}


class KubeObject(ManifestRow):
    """An object of any kind without a table of its own."""

    kind = models.CharField(max_length=63)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "kind", "namespace", "name"], name="one_object_per_kind_and_name"
            )
        ]

    @classmethod
    def columns(cls, obj: Object) -> dict[str, Any]:
        return {"kind": obj["kind"]}


class Change(models.Model):
    """The journal: each write of a cluster by its revision, followed by (cluster, revision).

    `object` is the state after the write as JSON text, for DELETED the last one. `time` is simulated
    seconds.
    """

    cluster = models.ForeignKey(Cluster, models.CASCADE, db_index=False, related_name="+")
    revision = models.BigIntegerField()
    verb = models.CharField(max_length=8)
    kind = models.CharField(max_length=63)
    namespace = models.CharField(max_length=63, blank=True)
    name = models.CharField(max_length=253)
    uid = models.CharField(max_length=36)
    object = models.TextField()
    actor = models.CharField(max_length=300)
    cause = models.BigIntegerField()
    time = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "revision"], name="one_change_per_revision")
        ]

    def __str__(self) -> str:
        return f"{self.revision} {self.verb} {self.kind} {self.namespace}/{self.name}"


TABLES: dict[str, type[ManifestRow]] = {
    "Node": Node,
    "Pod": Pod,
    "ReplicationController": ReplicationController,
    "Service": Service,
}


def table_of(kind: str) -> type[ManifestRow]:
    """The model whose rows hold objects of this kind."""
    return TABLES.get(kind, KubeObject)
