"""manage.py kubeconfig: prints what kubectl needs to reach a cluster."""

from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from clusters import keys
from clusters.management.links import site_url
from clusters.management.named import cluster_named
from clusters.web.kubeconfig import kubeconfig


class Command(BaseCommand):
    """Prints a kubeconfig with the key that may write, or with the one that may only read."""

    help = "Prints a kubeconfig for a cluster: manage.py kubeconfig NAME > lifelines.kubeconfig"

    def add_arguments(self, parser: CommandParser) -> None:
        """NAME or ID, --host and --read-only."""
        parser.add_argument("cluster", metavar="NAME|ID", help="a name given to createcluster, or an id")
        parser.add_argument("--host", metavar="URL", help=f"the site's address; default: {site_url()}")
        parser.add_argument("--read-only", action="store_true", help="with the key that changes nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for a cluster that there is not, and for an address that is none."""
        site = (options["host"] or site_url()).rstrip("/")
        role = keys.READ if options["read_only"] else keys.WRITE
        try:
            if urlsplit(site).scheme not in ("http", "https") or not urlsplit(site).hostname:
                raise CommandError(f"--host: {site} is not an address such as http://127.0.0.1:8000")
            self.stdout.write(kubeconfig(cluster_named(options["cluster"]), site, role), ending="")
        except ValueError as error:
            raise CommandError(f"--host: {error}") from error
        except OperationalError as error:
            raise CommandError(f"{error}. Does manage.py migrate make the tables?") from error
