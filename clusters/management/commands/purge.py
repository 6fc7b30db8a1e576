"""manage.py purge: removes clusters that nobody uses any more."""

import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from clusters import actions
from clusters.models import Cluster

UNTOUCHED: Final = 30 * 24 * 3600
"""Seconds: as long as a session lives."""


class Command(BaseCommand):
    """Removes the clusters that nobody has touched for 30 days."""

    help = "Removes the clusters that nobody has touched for 30 days."

    def add_arguments(self, parser: CommandParser) -> None:
        """--dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="only says what would be removed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints a line for each cluster."""
        old = list(Cluster.objects.filter(used_at__lt=time.time() - UNTOUCHED).order_by("used_at"))
        for cluster in old:
            days = (time.time() - cluster.used_at) / 86400
            named = f"{cluster.id} ({cluster.name})" if cluster.name else cluster.id
            if options["dry_run"]:
                self.stdout.write(f"would remove {named}, untouched for {days:.0f} days")
            else:
                actions.delete_cluster(cluster.id)
                self.stdout.write(f"removed {named}, untouched for {days:.0f} days")
        if not old:
            self.stdout.write("nothing to remove")
