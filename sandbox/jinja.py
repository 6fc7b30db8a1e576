"""Jinja2 for the SVG of map, lifelines and board: only templates named *.jinja, with gettext and static."""

from collections.abc import Callable
from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext, ngettext
from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound


class JinjaNamesOnly(BaseLoader):
    """Leaves every template whose name does not end in .jinja to Django's own engine.

    Both engines look into the same directories, and get_template() takes the first that finds a file.
    """

    def __init__(self, loader: BaseLoader) -> None:
        self.loader = loader

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Returns what the wrapped loader returns; raises TemplateNotFound for other names."""
        if not template.endswith(".jinja"):
            raise TemplateNotFound(template)
        return self.loader.get_source(environment, template)


def environment(*, loader: BaseLoader, **options: Any) -> Environment:
    """Returns the environment that Django's Jinja2 backend asks for.

    `options` are the backend's (autoescape is on). An unknown name in a template raises UndefinedError:
    a map with a silent gap is worse than none.
    """
    made = Environment(
        loader=JinjaNamesOnly(loader),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        **{**options, "undefined": StrictUndefined},
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals["static"] = static
    return made
