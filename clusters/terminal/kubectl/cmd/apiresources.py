"""kubectl api-resources and api-versions: what the server has.

Models kubectl's `pkg/cmd/apiresources`.
"""

from operator import attrgetter
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, string, strings
from clusters.terminal.kubectl.printers.print_flags import PrintFlags
from clusters.terminal.kubectl.printers.tabwriter import new_tab_writer
from clusters.terminal.kubectl.printing import no_compatible_printer
from clusters.terminal.kubectl.restmapper import Mapping

_FORMATS: Final = ("json", "kyaml", "name", "wide", "yaml")
_HEADERS: Final = ("NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND")
_WIDE_HEADERS: Final = (*_HEADERS, "VERBS", "CATEGORIES")


async def api_versions(k: Kubectl) -> None:
    """Print the versions of all groups."""
    _demand_no_arguments(k)
    mapper = await k.mapper()
    for version in sorted({mapping.api_version for mapping in mapper.mappings}):
        k.out(f"{version}\n")


async def api_resources(k: Kubectl) -> None:
    """Print the resources."""
    _demand_no_arguments(k)
    flags = k.flags
    output = flags["output"].lower()
    if output not in ("", *_FORMATS):
        raise no_compatible_printer(flags["output"], _FORMATS)
    if flags["sort-by"] not in ("", "name", "kind"):
        raise CommandError("--sort-by accepts only name or kind")
    mappings = [mapping for mapping in (await k.mapper()).mappings if _is_wanted(k, mapping)]
    field = {"name": "plural", "kind": "kind"}.get(flags["sort-by"], "group")
    mappings.sort(key=attrgetter(field, "plural"))
    if output == "name":
        k.out("".join(f"{mapping.group_resource}\n" for mapping in mappings))
        return
    if output not in ("", "wide"):
        _print_list(k, mappings)
        return
    wide = output == "wide"
    writer = new_tab_writer(k.out)
    if not flags["no-headers"]:
        writer.write("\t".join(_WIDE_HEADERS if wide else _HEADERS) + "\n")
    for mapping in mappings:
        writer.write("\t".join(_cells(mapping, wide)) + "\n")
    writer.flush()


def _print_list(k: Kubectl, mappings: list[Mapping]) -> None:
    """As JSON or YAML: one APIResourceList for all groups."""
    found = {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": "",
        "resources": [_resource(mapping) for mapping in mappings] or None,
    }
    printer = PrintFlags(output=k.flags["output"], typed=True).to_printer()
    printer.print(found, k.out)


def _resource(mapping: Mapping) -> Object:
    """A metav1.APIResource."""
    return {
        "name": mapping.plural,
        "singularName": mapping.singular,
        "namespaced": mapping.namespaced,
        **({"group": mapping.group} if mapping.group else {}),
        "version": mapping.version,
        "kind": mapping.kind,
        "verbs": list(mapping.verbs),
        **({"shortNames": list(mapping.short_names)} if mapping.short_names else {}),
        **({"categories": list(mapping.categories)} if mapping.categories else {}),
    }


def _cells(mapping: Mapping, wide: bool) -> list[str]:
    cells = [
        mapping.plural,
        ",".join(mapping.short_names),
        mapping.api_version,
        str(mapping.namespaced).lower(),
        mapping.kind,
    ]
    return [*cells, ",".join(mapping.verbs), ",".join(mapping.categories)] if wide else cells


def _is_wanted(k: Kubectl, mapping: Mapping) -> bool:
    flags = k.flags
    return (
        bool(mapping.verbs)
        and (not flags.changed("api-group") or flags["api-group"] == mapping.group)
        and (not flags.changed("namespaced") or flags["namespaced"] == mapping.namespaced)
        and set(flags["verbs"]) <= set(mapping.verbs)
        and set(flags["categories"]) <= set(mapping.categories)
    )


def _demand_no_arguments(k: Kubectl) -> None:
    if k.args:
        raise k.usage_error(f"unexpected arguments: [{' '.join(k.args)}]")


API_VERSIONS: Final = Command("api-versions", api_versions, about="Which API versions the server has.")
API_RESOURCES: Final = Command(
    "api-resources",
    api_resources,
    (
        string("output", shorthand="o", about="wide, name, json or yaml"),
        boolean("no-headers", about="without the line of headers"),
        string("api-group", about="only those of a group"),
        boolean("namespaced", True, about="only those in namespaces, or not in namespaces"),
        strings("verbs", about="only those with these verbs"),
        string("sort-by", about="name or kind"),
        boolean("cached"),
        strings("categories", about="only those of these categories"),
        boolean("show-managed-fields"),
    ),
    about="Which kinds of objects the server has.",
)
