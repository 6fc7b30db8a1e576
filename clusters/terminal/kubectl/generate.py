"""Objects that kubectl makes of a line, and how they are sent and printed.

Models what the commands below kubectl's `pkg/cmd/create` share, with `pkg/cmd/util/override_options.go`
and `pkg/util/apply.go`.
"""

import re
from typing import Any, Final

from clusters.engine.apiserver.decoding import DecodeError, decode_fields
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.json_text import parse_json
from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.apiserver.patches.json_patch import apply_json_patch
from clusters.engine.apiserver.patches.merge_patch import apply_merge_patch
from clusters.engine.apiserver.patches.strategic_patch import apply_strategic_patch
from clusters.engine.apiserver.quantity_text import canonical
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.patches import write_query
from clusters.terminal.kubectl.pflag import Flag, boolean, string
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.scheme import encode, typed

SAVE_CONFIG: Final = boolean("save-config", about="keep the manifest in an annotation, for a later apply")
CREATE_FLAGS: Final[tuple[Flag, ...]] = (
    *flag_sets.PRINT,
    SAVE_CONFIG,
    flag_sets.VALIDATE,
    flag_sets.DRY_RUN,
    flag_sets.field_manager("kubectl-create"),
)
OVERRIDES: Final[tuple[Flag, ...]] = (
    string("overrides", about="JSON that is merged into the object"),
    string("override-type", "merge", about="json, merge or strategic"),
)


def name_from_args(k: Kubectl) -> str:
    """The one name of the line: NameFromCommandArgs."""
    count = len(k.args) if k.flags.dash == -1 else k.flags.dash
    if count != 1:
        raise k.usage_error(f"exactly one NAME is required, got {count}")
    return k.args[0]


def metadata(k: Kubectl, name: str, labels: dict[str, str] | None = None) -> Object:
    """Metadata of a new object, with the namespace that -n says."""
    made: Object = {"name": name}
    if k.enforce_namespace:
        made["namespace"] = k.namespace
    if labels:
        made["labels"] = dict(labels)
    return made


class Creation:
    """How one command creates what it has made: dry or not, with which options, printed how.

    Raises CommandError for what its flags say wrongly.
    """

    def __init__(self, k: Kubectl, operation: str = "created") -> None:
        self.k = k
        self.dry_run = flag_sets.dry_run(k)
        self.printer = Printer(k, operation, self.dry_run)
        self.query = write_query(k, self.dry_run)
        if "validate" in k.flags.flags:
            self.query.append(("fieldValidation", flag_sets.validation(k.flags)))

    async def create(
        self, obj: Object, path: str, failure: str = "", *, separator: str = ": ", annotate: bool = True
    ) -> None:
        """Send the object to the path of its collection, unless nothing is sent, and print it.

        `failure` and `separator` are put before what the server says against it.
        """
        try:
            self.printer.print(await self.send(obj, path, annotate=annotate))
        except StatusError as error:
            if failure:
                raise CommandError(f"{failure}{separator}{error.message}") from error
            raise

    async def send(self, obj: Object, path: str, *, annotate: bool = True) -> Object:
        """The object as the server made it, or as it is if nothing is sent."""
        if annotate and self.k.flags["save-config"]:
            annotate_last_applied(obj)
        if self.dry_run == "client":
            return obj
        return await self.k.client.create(path, typed(obj), self.query)


def collection(k: Kubectl, plural: str, api: str = "/api/v1") -> str:
    """The path of a namespaced resource in the namespace that is meant."""
    return f"{api}/namespaces/{k.namespace}/{plural}"


def annotate_last_applied(obj: Object) -> None:
    """Keep the object in an annotation of itself: CreateApplyAnnotation."""
    meta = obj["metadata"]
    annotations = {key: text for key, text in (meta.get("annotations") or {}).items() if key != ANNOTATION}
    meta["annotations"] = annotations
    meta["annotations"] = {**annotations, ANNOTATION: encode(obj)}


def overridden(k: Kubectl, obj: Object) -> Object:
    """The object with what --overrides says. Raises CommandError."""
    text, how = k.flags["overrides"], k.flags["override-type"] or "merge"
    if not text:
        return obj
    if how not in ("json", "merge", "strategic"):
        raise CommandError(f"invalid override type: {how}")
    patch = _json(text, how)
    try:
        return _decoded(_patched(obj, patch, how))
    except StatusError as error:
        raise CommandError(error.message) from error


def _patched(obj: Object, patch: Any, how: str) -> Any:
    if how == "json":
        return apply_json_patch(typed(obj), patch)
    if how == "merge":
        return apply_merge_patch(typed(obj), patch)
    return apply_strategic_patch(struct_of(obj["apiVersion"], obj["kind"]), typed(obj), patch)


def _decoded(obj: Object) -> Object:
    version, kind = obj.get("apiVersion") or "", obj.get("kind") or ""
    try:
        return decode_fields(obj)[0]
    except KeyError as error:
        said = f'no kind "{kind}" is registered for version "{version}" in scheme "pkg/scheme/scheme.go:28"'
        raise CommandError(said) from error
    except DecodeError as error:
        raise CommandError(str(error)) from error


def _json(text: str, how: str) -> Any:
    try:
        return parse_json(text.encode())[0]
    except ValueError as error:
        said = {"merge": "Invalid JSON Patch", "strategic": "invalid JSON document"}
        raise CommandError(said.get(how, str(error))) from error


def parse_labels(text: str) -> dict[str, str]:
    """`a=b,c=d` as run and expose take it. Raises CommandError."""
    labels: dict[str, str] = {}
    for spec in text.split(",") if text else ():
        parts = spec.split("=")
        if len(parts) != 2:
            raise CommandError(f"unexpected label spec: {spec}")
        if not parts[0]:
            raise CommandError("unexpected empty label key")
        labels[parts[0]] = parts[1]
    return labels


def parse_pairs(words: list[str], what: str, removes: bool = False) -> tuple[dict[str, str], list[str]]:
    """`a=b` to set and `c-` to remove: cmdutil.ParsePairs. Raises CommandError."""
    pairs: dict[str, str] = {}
    gone: list[str] = []
    invalid: list[str] = []
    for word in words:
        if "=" in word and word[0] != "=":
            key, _, pairs[key] = word.partition("=")
        elif removes and word.endswith("-") and word != "-":
            gone.append(word[:-1])
        else:
            invalid.append(word)
    if invalid:
        raise CommandError(f"invalid {what} format: {', '.join(invalid)}")
    return pairs, gone


def resources_and_pairs(words: list[str], what: str) -> tuple[list[str], list[str]]:
    """Words that name resources, and those that change something, which come after them."""
    resources: list[str] = []
    pairs: list[str] = []
    for word in words:
        if ("=" in word and word[0] != "=") or (word.endswith("-") and word != "-"):
            pairs.append(word)
        elif pairs:
            raise CommandError(f"all resources must be specified before {what} changes: {word}")
        else:
            resources.append(word)
    return resources, pairs


_INTEGER: Final = re.compile(r"[+-]?[0-9]+")


def atoi(text: str) -> int:
    """A number as strconv.Atoi reads it. Raises CommandError with its words."""
    problem = f"strconv.Atoi: parsing {quote(text)}: "
    if not _INTEGER.fullmatch(text):
        raise CommandError(problem + "invalid syntax")
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise CommandError(problem + "value out of range")
    return number


def int_or_string(text: str) -> int | str:
    """A number as a number, anything else as a name: intstr.Parse."""
    return int(text) if _INTEGER.fullmatch(text) and -(2**31) <= int(text) < 2**31 else text


def demand_name(name: str) -> None:
    """Raises CommandError without one."""
    if not name:
        raise CommandError("name must be specified")


def resource_list(text: str, invalid: str) -> dict[str, str]:
    """`cpu=1,memory=1Gi`; a complaint begins with the word `invalid` as the command writes it."""
    found: dict[str, str] = {}
    for statement in text.split(",") if text else ():
        parts = statement.split("=")
        if len(parts) != 2:
            raise CommandError(f"{invalid} argument syntax {statement}, expected <resource>=<value>")
        try:
            found[parts[0]] = canonical(parts[1])
        except ValueError as error:
            raise CommandError(str(error)) from error
    return found
