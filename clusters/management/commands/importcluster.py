"""manage.py importcluster: makes a cluster of a history and prints the link to it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from clusters import actions
from clusters.engine.apiserver.errors import StatusError
from clusters.management.links import claim_url


class Command(BaseCommand):
    """Makes a cluster, paused at the last moment of a history, that whoever opens the link first will own."""

    help = "Makes a cluster of a file that exportcluster or a page wrote, and prints its link."

    def add_arguments(self, parser: CommandParser) -> None:
        """FILE and --name."""
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--name", default="", help="not yet used; default: the name in the file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for a file that is no history, and for a name in use."""
        try:
            cluster, token = actions.open_named_history(options["name"], options["file"].read_bytes())
        except OperationalError as error:
            raise CommandError(f"{error}. Does manage.py migrate make the tables?") from error
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        except StatusError as error:
            raise CommandError(error.message) from error
        self.stdout.write(claim_url(cluster.id, token))
