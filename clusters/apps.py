"""The Django application of the simulated clusters."""

from django.apps import AppConfig


class ClustersConfig(AppConfig):
    """Registers the models and the management commands of `clusters`."""

    name = "clusters"
    default_auto_field = "django.db.models.BigAutoField"
