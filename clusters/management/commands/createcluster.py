"""manage.py createcluster: makes a cluster and prints the link to it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from clusters import actions
from clusters.engine.cluster import PROFILES
from clusters.management.links import claim_url


class Command(BaseCommand):
    """Makes a cluster that whoever opens the printed link first will own."""

    help = "Makes a cluster and prints its link: whoever opens it first owns it, others may act too."

    def add_arguments(self, parser: CommandParser) -> None:
        """NAME, --nodes and --delays."""
        parser.add_argument("name", metavar="NAME", help="not yet used by another cluster made so")
        parser.add_argument("--nodes", type=int, default=3, metavar="N", help="default: 3")
        parser.add_argument(
            "--delays", choices=sorted(PROFILES), default="real", help="none: nothing takes time"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for a name in use and for numbers beyond the limits."""
        try:
            cluster, token = actions.create_named_cluster(
                options["name"], nodes=options["nodes"], delays=options["delays"]
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"{error}. Does manage.py migrate make the tables?") from error
        self.stdout.write(claim_url(cluster.id, token))
