"""kubectl get: shows objects as tables, as JSON and YAML, by templates, and as they change.

Models kubectl's `pkg/cmd/get/get.go`. Left out: --server-print=false for kinds whose columns the client
would have to know.
"""

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, klog
from clusters.terminal.kubectl.builder import Builder, Info, Result
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import (
    CommandError,
    ExitError,
    KubectlError,
    aggregate,
    is_not_found,
    without,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import Flag, boolean, string, strings
from clusters.terminal.kubectl.printers.interface import Printer, WatchEvent, is_list
from clusters.terminal.kubectl.printers.print_flags import GET_FORMATS, PrintFlags
from clusters.terminal.kubectl.printers.sorter import UnsortableError, sort_objects, sort_table
from clusters.terminal.kubectl.printers.table import HumanReadablePrinter, PrintOptions
from clusters.terminal.kubectl.printers.tabwriter import TabWriter, new_tab_writer
from clusters.terminal.kubectl.rest import JSON, TABLE
from clusters.terminal.kubectl.restmapper import Mapping

SUGGESTION: Final = (
    'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of '
    "supported resources.\n\n"
)
_MISSING: Final = (
    'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that '
    "resource (e.g. kubectl explain pods)."
)
"""What is said where no kind is named, here and by describe."""
_URI: Final = re.compile("/|[A-Za-z][A-Za-z0-9+.-]*:")


async def run(k: Kubectl) -> None:
    flags = k.flags
    if flags["raw"]:
        await _raw(k)
        return
    _warn_of_sorting(k)
    watches = flags["watch"] or flags["watch-only"]
    if not watches and not k.args and not flags["filename"] and not flags["kustomize"]:
        k.err(SUGGESTION)
        raise k.usage_error(_MISSING)
    _validate(k)
    if watches:
        await _watch(k)
        return
    result = await _builder(k, flatten=True)
    if is_human(k):
        await _print_tables(k, result)
    else:
        await _print_objects(k, result)


def is_human(k: Kubectl) -> bool:
    """Whether people will read it: tables."""
    output = k.flags["output"]
    return output == "wide" or (not output and not k.flags["template"])


async def _raw(k: Kubectl) -> None:
    flags = k.flags
    if k.args:
        raise CommandError("arguments may not be passed when --raw is specified")
    if flags["watch"] or flags["watch-only"] or flags["selector"]:
        raise CommandError(
            "--raw may not be specified with other flags that filter the server request or alter the output"
        )
    if flags["output"]:
        raise CommandError("--raw and --output are mutually exclusive")
    if not _URI.match(flags["raw"]):
        problem = f'parse "{flags["raw"]}": invalid URI for request'
        raise CommandError(f"--raw must be a valid URL path: {problem}")
    asked = urlsplit(flags["raw"])
    k.out(await k.client.text(asked.path, parse_qsl(asked.query, keep_blank_values=True)))


def _warn_of_sorting(k: Kubectl) -> None:
    if k.flags["sort-by"] and k.flags["watch"]:
        k.err("warning: --watch requested, --sort-by will be ignored for watch events received\n")
    elif k.flags["sort-by"] and k.flags["watch-only"]:
        k.err("warning: --watch-only requested, --sort-by will be ignored\n")


def _validate(k: Kubectl) -> None:
    flags = k.flags
    output = flags["output"]
    if flags["show-labels"] and output not in ("", "wide"):
        raise CommandError(f"--show-labels option cannot be used with {output} printer")
    if flags["label-columns"] and output.startswith("custom-columns"):
        raise CommandError(f"--label-columns option cannot be used with {output} printer")
    if flags["output-watch-events"] and not (flags["watch"] or flags["watch-only"]):
        raise CommandError("--output-watch-events option can only be used with --watch or --watch-only")


async def _builder(k: Kubectl, *, flatten: bool) -> Result:
    flags = k.flags
    as_table = is_human(k) and flags["server-print"]
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace and not flags["all-namespaces"],
        all_namespaces=flags["all-namespaces"],
        filenames=flags["filename"],
        label_selector=flags["selector"],
        field_selector=flags["field-selector"],
        everything_by_default=True,
        chunk_size=0 if flags["sort-by"] and flatten else flags["chunk-size"],
        subresource=flags["subresource"] if flatten else "",
        flatten=flatten,
        latest=True,
        continue_on_error=flatten,
        single_type=not flatten,
        accept=TABLE if as_table else JSON,
        query=[("includeObject", "Object")] if as_table and flags["sort-by"] else [],
    )
    return await (await builder.type_or_name_args(k.args)).build()


async def _infos(k: Kubectl, result: Result) -> tuple[list[Info], Exception | None]:
    infos, error = await result.try_infos()
    if error is not None and k.flags["ignore-not-found"]:
        error = without(error, is_not_found)
    return infos, error


async def _print_tables(k: Kubectl, result: Result) -> None:
    infos, error = await _infos(k, result)
    errors = [] if error is None else [error]
    if k.flags["sort-by"] and len(infos) > 1:
        # As upstream: Tables of several kinds are themselves looked at for the field, and lack it.
        by_id = {id(info.obj): info for info in infos}
        infos = [by_id[id(obj)] for obj in _sorted(k, [info.obj for info in infos], k.flags["sort-by"])]
    written = _Tables(k, infos).print()
    if not written and not k.flags["ignore-not-found"] and not errors:
        namespaced = not k.flags["all-namespaces"] and all(info.mapping.namespaced for info in infos)
        k.err(f"No resources found in {k.namespace} namespace.\n" if namespaced else "No resources found\n")
    found = aggregate(errors)
    if found is not None:
        raise found


class _Tables:
    """One table a kind, with an empty line between them."""

    def __init__(self, k: Kubectl, infos: Sequence[Info]) -> None:
        self.k = k
        self.infos = infos
        self.written = 0
        self._separate = False

    def print(self) -> int:
        """Returns how many characters it was."""
        several = len({info.mapping for info in self.infos}) > 1
        writer = new_tab_writer(self._write)
        last: Mapping | None = None
        printer: HumanReadablePrinter | None = None
        for info in self.infos:
            if printer is None or info.mapping != last:
                writer.flush()
                writer.forget_widths()
                self._separate = last is not None and not self.k.flags["no-headers"] and self.written > 0
                printer = table_printer(self.k, info.mapping, with_kind=several)
                last = info.mapping
            self._print_one(printer, info.obj, writer)
        writer.flush()
        return self.written

    def _print_one(self, printer: HumanReadablePrinter, table: Object, writer: TabWriter) -> None:
        field = self.k.flags["sort-by"]
        if field and len(table.get("rows") or ()) > 1:
            try:
                table = sort_table(table, field)
            except UnsortableError as error:
                raise _end(self.k, "sorter.go:375", error) from error
            except ValueError:
                # As upstream, which does not look at what printing comes to.
                return
        printer.print(table, writer)

    def _write(self, text: str) -> None:
        if text and self._separate:
            self.k.out("\n")
            self._separate = False
        self.written += len(text)
        self.k.out(text)


def table_printer(k: Kubectl, mapping: Mapping, *, with_kind: bool = False) -> HumanReadablePrinter:
    """The printer for the tables of a kind, as the line's flags want them."""
    flags = k.flags
    options = PrintOptions(
        no_headers=flags["no-headers"],
        with_namespace=flags["all-namespaces"] and mapping.namespaced,
        kind=mapping.group_kind if with_kind or flags["show-kind"] else "",
        wide=flags["output"] == "wide",
        show_labels=flags["show-labels"],
        column_labels=flags["label-columns"],
    )
    return HumanReadablePrinter(options, k.host.now)


def _end(k: Kubectl, place: str, error: UnsortableError) -> ExitError:
    """What kubectl ends with that cannot sort: klog.Exitf."""
    return ExitError(1, klog.line(k, "F", place, str(error)))


def _sorted(k: Kubectl, items: list[Object], field: str) -> list[Object]:
    try:
        return sort_objects(items, field)
    except UnsortableError as error:
        raise _end(k, "sorter.go:329", error) from error
    except ValueError as error:
        raise CommandError(str(error)) from error


async def object_printer(k: Kubectl) -> Printer:
    """The printer that -o and --template ask for. Raises CommandError."""
    flags = k.flags
    asked = PrintFlags(
        output=flags["output"],
        template=flags["template"],
        allowed=GET_FORMATS,
        no_headers=flags["no-headers"],
        show_managed_fields=flags["show-managed-fields"],
        allow_missing_template_keys=flags["allow-missing-template-keys"],
    )
    try:
        return asked.to_printer(await asked.read_template(k.host.files.read))
    except ValueError as error:
        raise CommandError(str(error)) from error


async def _print_objects(k: Kubectl, result: Result) -> None:
    infos, error = await _infos(k, result)
    if error is not None and result.single_item_implied:
        raise error
    if not infos and k.flags["ignore-not-found"]:
        if error is not None:
            raise error
        return
    printer = await object_printer(k)
    if result.single_item_implied and len(infos) == 1:
        obj = infos[0].obj
    else:
        items = [info.obj for info in infos]
        if k.flags["sort-by"]:
            items = _sorted(k, items, k.flags["sort-by"])
        obj = {
            "apiVersion": "v1",
            "items": items,
            "kind": "List",
            "metadata": {"resourceVersion": ""},
        }
    _print_one(printer, obj, k)
    if error is not None:
        raise error


def _print_one(printer: Printer, obj: Object | WatchEvent, k: Kubectl) -> None:
    try:
        printer.print(obj, k.out)
    except ValueError as error:
        raise CommandError(str(error)) from error


async def _watch(k: Kubectl) -> None:
    flags = k.flags
    result = await _builder(k, flatten=False)
    try:
        infos = await result.infos()
    except KubectlError as error:
        if is_not_found(error) and flags["ignore-not-found"]:
            return
        raise
    info = infos[0]
    printer = table_printer(k, info.mapping) if is_human(k) else await object_printer(k)
    writer = new_tab_writer(k.out)
    watcher = _Watcher(k, printer, writer)
    lists = not info.name
    if not flags["watch-only"]:
        for obj in _listed(info.obj) if lists else [info.obj]:
            watcher.print("ADDED", obj)
            await asyncio.sleep(0)  # others have their turns
    await watcher.follow(info, lists=lists)


def _listed(obj: Object) -> Sequence[Object]:
    if not is_list(obj):
        return [obj]
    kind = {"apiVersion": obj["apiVersion"], "kind": obj["kind"].removesuffix("List")}
    return [{**kind, **item} for item in obj["items"]]


class _Watcher:
    """Prints objects as they change."""

    def __init__(self, k: Kubectl, printer: Printer, writer: TabWriter) -> None:
        self.k = k
        self.printer = printer
        self.writer = writer

    def print(self, type_: str, obj: Object) -> None:
        shown = WatchEvent(type_, obj) if self.k.flags["output-watch-events"] else obj
        write = self.writer if is_human(self.k) else self.k.out
        try:
            self.printer.print(shown, write)
        except ValueError as error:
            raise CommandError(f"unable to output the provided object: {error}") from error
        self.writer.flush()

    async def follow(self, info: Info, *, lists: bool) -> None:
        """What happens from now on. The first event of a single object says only how it is."""
        k = self.k
        query = [("resourceVersion", info.obj["metadata"]["resourceVersion"] if lists else "0")]
        if lists:
            selectors = (("labelSelector", "selector"), ("fieldSelector", "field-selector"))
            query += [(name, k.flags[flag]) for name, flag in selectors if k.flags[flag]]
        else:
            query.append(("fieldSelector", f"metadata.name={info.name}"))
        accept = TABLE if is_human(k) and k.flags["server-print"] else JSON
        skip = not lists
        path = info.mapping.path(info.namespace)
        async with aclosing(k.client.watch(path, query, accept)) as events:
            async for type_, obj in events:
                if not skip and type_ != "BOOKMARK":
                    self.print(type_, obj)
                skip = False


FLAGS: Final[tuple[Flag, ...]] = (
    *flag_sets.PRINT,
    boolean("no-headers", about="without the line of headers"),
    boolean("show-labels", about="with a column of all labels"),
    strings("label-columns", shorthand="L", about="with a column for each of these labels"),
    boolean("show-kind", about="with the kind before each name"),
    string("sort-by", about="a field to sort by, such as .metadata.name"),
    string("raw", about="a path of the API, shown as it is"),
    boolean("watch", shorthand="w", about="go on and show what changes"),
    boolean("watch-only", about="show only what changes"),
    boolean("output-watch-events", about="with what happened to each"),
    boolean("ignore-not-found", about="what is not there is no error"),
    flag_sets.FIELD_SELECTOR,
    flag_sets.ALL_NAMESPACES,
    boolean("server-print", True),
    *flag_sets.FILENAMES,
    flag_sets.CHUNK_SIZE,
    flag_sets.SELECTOR,
    flag_sets.SUBRESOURCE,
)

COMMAND: Final = Command(
    "get",
    run,
    FLAGS,
    use="(TYPE [NAME | -l label] | TYPE/NAME ...)",
    about="Show one or many objects.",
)
