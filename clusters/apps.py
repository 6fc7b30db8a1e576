"""The Django application of the simulated clusters."""

from django.apps import AppConfig
from django.conf import settings

from clusters.engine.apiserver import definitions


class ClustersConfig(AppConfig):
    """Registers the models and the management commands of `clusters`."""

    name = "clusters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The engine, which knows no settings, is told where it may keep files."""
        definitions.use_cache(settings.DATA_DIR)
