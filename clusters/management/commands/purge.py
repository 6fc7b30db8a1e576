"""manage.py purge: removes clusters that nobody uses any more, as the worker does each hour."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clusters import access, actions


class Command(BaseCommand):
    """Removes the clusters that nobody has touched for 30 days, and sessions that have ended."""

    help = "Removes the clusters that nobody has touched for 30 days."

    def add_arguments(self, parser: CommandParser) -> None:
        """--dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="only says what would be removed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints a line for each cluster."""
        old = list(actions.untouched(time.time()))
        for cluster in old:
            days = (time.time() - cluster.used_at) / 86400
            named = f"{cluster.id} ({cluster.name})" if cluster.name else cluster.id
            if options["dry_run"]:
                self.stdout.write(f"would remove {named}, untouched for {days:.0f} days")
            else:
                actions.delete_cluster(cluster.id)
                self.stdout.write(f"removed {named}, untouched for {days:.0f} days")
        if not options["dry_run"]:
            access.forget_sessions()
        if not old:
            self.stdout.write("nothing to remove")
