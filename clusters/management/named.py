"""The cluster that somebody names on the command line."""

from django.core.management.base import CommandError

from clusters.models import Cluster


def cluster_named(named: str) -> Cluster:
    """The one with that name given to a command, or with that id. Raises CommandError."""
    found = Cluster.objects.filter(name=named, made_by_command=True).first()
    found = found or Cluster.objects.filter(pk=named).first()
    if found is None:
        raise CommandError(f"There is no cluster with the name or id {named}.")
    return found
