"""What a printer is made of, and how it reads objects that may lack anything.

Models `pkg/printers/tablegenerator.go`. A printer must print whatever was stored, so the readers here
give an empty value for what is missing, null or of another type.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from clusters.engine.apiserver.tables.ages import since
from clusters.engine.objects import Object

Cells = list[str | int]

NONE: Final = "<none>"
CORE: Final = "io.k8s.api.core.v1."
APPS: Final = "io.k8s.api.apps.v1."
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


class Doc(NamedTuple):
    """The text that the API's schema has for a field, such as `podIP` of PodStatus."""

    schema: str
    field: str


class Column(NamedTuple):
    """One column. `about` describes it; with priority 1 it is shown in wide output only."""

    name: str
    about: str | Doc
    type: str = "string"
    priority: int = 0
    format: str = ""


class Printer(NamedTuple):
    """How objects of a kind become rows.

    `cells` takes an object and the simulated time, and gives one cell a column; `conditions` gives what
    a row says about itself, such as that a pod is done.
    """

    columns: tuple[Column, ...]
    cells: Callable[[Object, float], Cells]
    conditions: Callable[[Object], list[Object]] | None = None


NAME: Final = Column("Name", Doc(_META, "name"), format="name")
AGE: Final = Column("Age", Doc(_META, "creationTimestamp"))
CREATED_AT: Final = Column("Created At", Doc(_META, "creationTimestamp"), "date")
CONTAINERS: Final = Column("Containers", "Names of each container in the template.", priority=1)
IMAGES: Final = Column("Images", "Images referenced by each container in the template.", priority=1)


def part(obj: Object, field: str) -> Object:
    """The struct in a field, {} for none."""
    value = obj.get(field)
    return value if isinstance(value, dict) else {}


def parts(obj: Object, field: str) -> list[Object]:
    """The structs in a list field."""
    value = obj.get(field)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(obj: Object, field: str) -> str:
    """The text in a field, "" for none."""
    value = obj.get(field)
    return value if isinstance(value, str) else ""


def texts(obj: Object, field: str) -> list[str]:
    """The texts in a list field."""
    value = obj.get(field)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def number(obj: Object, field: str) -> int:
    """The whole number in a field, 0 for none."""
    value = obj.get(field)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def name_of(obj: Object) -> str:
    return text(part(obj, "metadata"), "name")


def age_of(obj: Object, now: float) -> str:
    return since(part(obj, "metadata").get("creationTimestamp"), now)


def labels_text(labels: Any) -> str:
    """Labels as upstream's `FormatLabels` writes them, `<none>` for no label."""
    if not isinstance(labels, dict) or not labels:
        return NONE
    return ",".join(f"{key}={labels[key] or ''}" for key in sorted(labels))


def template_cells(template: Object) -> tuple[str, str]:
    """The names and the images of a pod template's containers."""
    containers = parts(part(template, "spec"), "containers")
    names = ",".join(text(container, "name") for container in containers)
    return names, ",".join(text(container, "image") for container in containers)


def shortened(items: list[str], empty: str) -> str:
    """The first three items, and how many more there are."""
    shown = ",".join(items[:3])
    return f"{shown} + {len(items) - 3} more..." if len(items) > 3 else shown or empty
