"""kubectl wait: until a condition or a field is as wanted, or until something is made or gone.

Models kubectl's `pkg/cmd/wait`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Builder, Info, Result
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, KubectlError, is_not_found, without
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import array, boolean, duration
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printers.jsonpath import JSONPath, relaxed
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.waiting import TIMED_OUT, WEEK, time_limit, until

POLL: Final = 0.5
"""Seconds between two looks for what is not there yet."""

Condition = Callable[[Kubectl, Info, float], Awaitable[Object]]
"""Waits for one object; what it is then."""


async def run(k: Kubectl) -> None:
    printer = Printer(k, "condition met", as_typed=False)
    conditions = [_condition(text) for text in k.flags["for"]]
    if not conditions:
        raise CommandError("unrecognized condition: []")
    wanted = {text.lower() for text in k.flags["for"]}
    seconds = WEEK if k.flags["timeout"] < 0 else k.flags["timeout"]
    if "create" in wanted:
        await _wait_for_creation(k, seconds)
    count = 0

    async def visit(info: Info) -> None:
        nonlocal count
        count += 1
        for condition in conditions:
            printer.print(await condition(k, info, seconds))

    try:
        await (await _builder(k)).visit(visit)
    except KubectlError as error:
        left = without(error, is_not_found) if "delete" in wanted else error
        if left is not None:
            raise left from error
    if not count and "delete" not in wanted:
        raise CommandError("no matching resources found")


async def wait_until_gone(k: Kubectl, info: Info, seconds: float, uid: str = "") -> Object:
    """Wait until an object is no more, or is another one than that of the uid; what it was last."""
    if not info.name:
        raise CommandError("resource name must be provided")
    try:
        found = await k.client.get(info.mapping.path(info.namespace, info.name))
    except KubectlError as error:
        if is_not_found(error):
            return info.obj or _stand_in(info)
        raise
    if uid and found["metadata"]["uid"] != uid:
        return found
    if seconds == 0:
        raise CommandError(f"condition not met for {info.object_name}")

    def is_gone(type_: str, obj: Object) -> bool:
        return type_ in ("", "DELETED") or bool(uid and obj["metadata"]["uid"] != uid)

    await until(k, info.mapping, info.namespace, info.name, is_gone, seconds)
    return found


def _stand_in(info: Info) -> Object:
    return {
        "apiVersion": info.mapping.api_version,
        "kind": info.mapping.kind,
        "metadata": {"name": info.name},
    }


async def _is_created(k: Kubectl, info: Info, seconds: float) -> Object:
    return info.obj


def _condition(text: str) -> Condition:
    """What `--for` asks for. Raises CommandError."""
    if text.lower() == "delete":
        return wait_until_gone
    if text.lower() == "create":
        return _is_created
    if text.startswith("condition="):
        name, equals, status = text.removeprefix("condition=").partition("=")
        return _until_met(_has_condition(name, status if equals else "true"))
    if text.startswith("jsonpath="):
        return _until_met(_has_value(text.removeprefix("jsonpath=")))
    raise CommandError(f"unrecognized condition: {quote(text)}")


def _until_met(is_met: Callable[[Object], bool]) -> Condition:
    async def wait(k: Kubectl, info: Info, seconds: float) -> Object:
        if not info.name:
            raise CommandError("resource name must be provided")
        if seconds == 0:
            found = await k.client.get(info.mapping.path(info.namespace, info.name))
            if is_met(found):
                return found
            raise CommandError(f"condition not met for {info.object_name}")

        def is_enough(type_: str, obj: Object) -> bool:
            if type_ == "":
                raise CommandError(
                    f'Error from server (NotFound): {info.mapping.group_resource} "{info.name}" not found'
                )
            return type_ != "DELETED" and is_met(obj)

        return await until(k, info.mapping, info.namespace, info.name, is_enough, seconds)

    return wait


def _has_condition(name: str, status: str) -> Callable[[Object], bool]:
    def is_met(obj: Object) -> bool:
        conditions = (obj.get("status") or {}).get("conditions") or ()
        for condition in conditions:
            if condition["type"].casefold() == name.casefold():
                observed = condition.get("observedGeneration", obj["status"].get("observedGeneration"))
                generation = obj["metadata"].get("generation")
                if None not in (observed, generation) and observed < generation:
                    return False
                return bool(condition["status"].casefold() == status.casefold())
        return False

    return is_met


def _has_value(text: str) -> Callable[[Object], bool]:
    """`{.status.phase}=Running`, or without a value any. Raises CommandError."""
    expression, wanted = _read_value(text)
    try:
        path = JSONPath(expression, allow_missing=True)
    except ValueError as error:
        raise CommandError(str(error)) from error

    def is_met(obj: Object) -> bool:
        results = path.find_results(obj)
        if not results or not results[0]:
            return False
        if len(results) > 1:
            raise CommandError("given jsonpath expression matches more than one list")
        if len(results[0]) > 1:
            raise CommandError("given jsonpath expression matches more than one value")
        return wanted is None or _is_equal(results[0][0], wanted)

    return is_met


def _read_value(text: str) -> tuple[str, str | None]:
    """The expression, and the value that is wanted, None for any. Raises CommandError."""
    parts = _split(text)
    if len(parts) > 2:
        raise CommandError(
            "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or "
            "--for=jsonpath='{.status.readyReplicas}'"
        )
    try:
        expression = relaxed(parts[0])
    except ValueError as error:
        raise CommandError(str(error)) from error
    wanted = parts[1].strip("'\"") if len(parts) == 2 else None
    if wanted == "":
        raise CommandError(
            "jsonpath wait has to have a value after equal sign, like "
            "--for=jsonpath='{.status.readyReplicas}'=3"
        )
    if not expression:
        raise CommandError("jsonpath expression cannot be empty")
    return expression, wanted


def _is_equal(found: object, wanted: str) -> bool:
    if isinstance(found, (dict, list)):
        raise CommandError("jsonpath leads to a nested object or list which is not supported")
    text = str(found).lower() if isinstance(found, bool) else "<nil>" if found is None else str(found)
    return text.strip() == wanted.strip()


def _split(text: str) -> list[str]:
    """Split at `=`, but not at `==`."""
    parts = [""]
    rest = text
    while rest:
        if rest.startswith("=="):
            parts[-1] += "=="
            rest = rest[2:]
        elif rest[0] == "=":
            parts.append("")
            rest = rest[1:]
        else:
            parts[-1] += rest[0]
            rest = rest[1:]
    return parts


async def _wait_for_creation(k: Kubectl, seconds: float) -> None:
    try:
        async with time_limit(k, seconds or WEEK):
            while True:
                infos, error = await (await _builder(k)).try_infos()
                if error is not None and not is_not_found(error):
                    raise error
                if infos:
                    return
                if seconds == 0:
                    raise CommandError(TIMED_OUT)
                await asyncio.sleep(POLL)
    except TimeoutError as error:
        raise CommandError(TIMED_OUT) from error


async def _builder(k: Kubectl) -> Result:
    flags = k.flags
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        all_namespaces=flags["all-namespaces"],
        filenames=flags["filename"],
        label_selector=flags["selector"],
        field_selector=flags["field-selector"],
        everything_by_default=flags["all"],
        continue_on_error=True,
        latest=True,
        flatten=True,
    )
    return await (await builder.type_or_name_args(k.args)).build()


COMMAND: Final = Command(
    "wait",
    run,
    (
        *flag_sets.PRINT,
        *flag_sets.FILENAMES_ALONE,
        flag_sets.SELECTOR,
        flag_sets.FIELD_SELECTOR,
        flag_sets.ALL,
        flag_sets.ALL_NAMESPACES,
        boolean("local"),
        duration("timeout", 30.0, about="how long to wait; 0 looks once, less than 0 waits a week"),
        array("for", about="delete, create, condition=NAME[=VALUE] or jsonpath={...}[=VALUE]"),
    ),
    use="([-f FILENAME] | TYPE/NAME | TYPE [(-l label | --all)]) --for=...",
    about="Wait for a condition of objects.",
)
