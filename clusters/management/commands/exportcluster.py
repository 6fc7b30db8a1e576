"""manage.py exportcluster: writes a cluster's history to a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from clusters import history_file
from clusters.management.named import cluster_named


class Command(BaseCommand):
    """Writes the whole history that is kept of a cluster; importcluster makes a cluster of it."""

    help = "Writes a cluster's history to a file, for importcluster here or elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """NAME or ID, and FILE."""
        parser.add_argument("cluster", metavar="NAME|ID", help="a name given to createcluster, or an id")
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for a cluster that there is not, and for a file that cannot be written."""
        try:
            parts = history_file.write(cluster_named(options["cluster"]))
            with options["file"].open("wb") as file:
                file.writelines(parts)
        except OperationalError as error:
            raise CommandError(f"{error}. Does manage.py migrate make the tables?") from error
        except OSError as error:
            raise CommandError(str(error)) from error
