"""kubectl describe: a page about each object.

Models kubectl's `pkg/cmd/describe`.
"""

from dataclasses import replace
from typing import Final

from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Builder
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.describe import DescriberSettings, describe
from clusters.terminal.kubectl.errors import CommandError, KubectlError, aggregate, is_not_found
from clusters.terminal.kubectl.info import Info
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean

_NO_TYPE: Final = (
    'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of '
    "supported resources.\n"
)


async def run(k: Kubectl) -> None:
    if not k.args and not k.flags["filename"] and not k.flags["kustomize"]:
        raise CommandError(_NO_TYPE)
    settings = DescriberSettings(k.flags["show-events"], k.flags["chunk-size"])
    result = await (await _builder(k).type_or_name_args(k.args)).build()
    infos, error = await result.try_infos()
    if (error is not None or len(infos) > 1) and not k.flags.changed("show-events"):
        settings = replace(settings, show_events=False)
    if error is not None and is_not_found(error) and len(k.args) == 2:
        await _describe_matching(k, settings, error)
        return
    errors = [error] if error is not None else []
    errors += await _describe_all(k, infos, settings)
    if not infos and not errors:
        where = "" if k.flags["all-namespaces"] else f" in {k.namespace} namespace."
        k.err(f"No resources found{where}\n")
    failed = aggregate(errors)
    if failed is not None:
        raise failed


def _builder(k: Kubectl) -> Builder:
    everywhere = k.flags["all-namespaces"]
    return Builder(
        k,
        namespace=k.namespace,
        all_namespaces=everywhere,
        enforce_namespace=k.enforce_namespace and not everywhere,
        filenames=k.flags["filename"],
        label_selector=k.flags["selector"],
        everything_by_default=True,
        chunk_size=k.flags["chunk-size"],
        flatten=True,
        continue_on_error=True,
    )


async def _describe_all(k: Kubectl, infos: list[Info], settings: DescriberSettings) -> list[Exception]:
    """Print the pages; returns what went wrong, each thing once."""
    errors: dict[str, Exception] = {}
    separator = ""
    for info in infos:
        try:
            page = await describe(k, info.mapping, info.namespace, info.name, settings)
        except KubectlError as error:
            errors.setdefault(str(error), error)
            continue
        k.out(f"{separator}{page}")
        separator = "\n\n"
    return list(errors.values())


async def _describe_matching(k: Kubectl, settings: DescriberSettings, missing: Exception) -> None:
    """Print the objects whose names begin so. Raises what was said of the name if there are none."""
    kind, prefix = k.args
    builder = Builder(
        k,
        namespace=k.namespace,
        everything_by_default=True,
        chunk_size=settings.chunk_size,
        flatten=True,
        single_type=True,
    )
    infos = await (await builder.type_or_name_args([kind])).infos()
    found = [info for info in infos if info.name.startswith(prefix)]
    for info in found:
        page = await describe(k, info.mapping, info.namespace, info.name, settings)
        k.out(f"{page}\n")
    if not found:
        raise missing


COMMAND: Final = Command(
    "describe",
    run,
    (
        *flag_sets.FILENAMES,
        flag_sets.SELECTOR,
        flag_sets.ALL_NAMESPACES,
        boolean("show-events", True, about="its Events, too"),
        flag_sets.CHUNK_SIZE,
    ),
    use="(-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
    about="Tell all about objects.",
)
