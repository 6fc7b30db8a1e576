"""What a builder found: objects that are visited one after the other.

Models cli-runtime's `pkg/resource` (Result, and the visitors that decorate others).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clusters.engine.objects import Object
from clusters.terminal.kubectl import manifests
from clusters.terminal.kubectl.errors import AggregateError, KubectlError, aggregate
from clusters.terminal.kubectl.info import Info

if TYPE_CHECKING:
    from clusters.terminal.kubectl.builder import Builder

Visit = Callable[[Info], Awaitable[None]]
Found = Info | Exception
Source = Callable[[], AsyncIterator[Found]]
"""Objects, and errors in the places of those that could not be had. Raises what ends it."""


@dataclass
class Result:
    """What a builder found; nothing is fetched before it is visited.

    `single_item_implied`: one object was named, so one is printed, and no list. `from_files`: the objects
    are from files.
    """

    builder: "Builder"
    sources: list[Source]
    single_item_implied: bool = False
    from_files: bool = False

    async def infos(self) -> list[Info]:
        """All of them. Raises what went wrong, if anything did."""
        found, error = await self.try_infos()
        if error is not None:
            raise error
        return found

    async def try_infos(self) -> tuple[list[Info], Exception | None]:
        """Those that could be had, and what went wrong with the others."""
        found: list[Info] = []

        async def keep(info: Info) -> None:
            found.append(info)

        try:
            await self.visit(keep)
        except KubectlError as error:
            return found, error
        return found, None

    async def visit(self, visit: Visit) -> None:
        """Call `visit` with each object. Raises the first error, or with continue_on_error all at the end."""
        if self.builder.continue_on_error:
            await self._visit_all(visit)
        else:
            await self._visit_until_error(visit)

    async def _visit_all(self, visit: Visit) -> None:
        errors: list[Exception] = []
        unavailable: list[Exception] = []
        for source in self.sources:
            try:
                async for found in source():
                    for part in await self._parts(found):
                        if isinstance(part, Exception):
                            unavailable.append(part)
                        else:
                            await self._try(part, visit, errors)
            except KubectlError as error:
                unavailable.append(error)
        failure = aggregate([*errors, AggregateError(unavailable)] if unavailable else errors)
        if failure is not None:
            raise failure

    async def _try(self, info: Info, visit: Visit, errors: list[Exception]) -> None:
        try:
            await self._visit_one(info, visit)
        except KubectlError as error:
            errors.append(error)

    async def _visit_until_error(self, visit: Visit) -> None:
        """Of several files, each is visited until its first error; the first of all is raised then."""
        errors: list[Exception] = []
        for source in self.sources:
            try:
                await self._visit_source(source, visit)
            except KubectlError as error:
                if not self.from_files:
                    raise
                errors.append(error)
        if errors:
            raise errors[0]

    async def _visit_source(self, source: Source, visit: Visit) -> None:
        async for found in source():
            parts = await self._parts(found)
            errors: list[Exception] = []
            for part in parts:
                try:
                    if isinstance(part, Exception):
                        raise part
                    await self._visit_one(part, visit)
                except KubectlError as error:
                    errors.append(error)
            if errors:
                raise errors[0] if parts == [found] else AggregateError(errors)

    async def _visit_one(self, info: Info, visit: Visit) -> None:
        builder = self.builder
        manifests.place(builder, info)
        if builder.require_object and not info.obj:
            await info.get(builder.k, builder.accept)
        await visit(info)
        await asyncio.sleep(0)  # there may be a thousand of them: others have their turns

    async def _parts(self, found: Found) -> Sequence[Found]:
        """An object, or with `flatten` those of a list."""
        if isinstance(found, Exception) or not self.builder.flatten or not is_list(found.obj):
            return [found]
        return await flattened(self.builder, found)


def is_list(obj: Object) -> bool:
    """Whether it is a list of objects, and no object of a kind that has items."""
    return isinstance(obj.get("items"), list) and obj.get("kind", "").endswith("List")


async def flattened(builder: "Builder", info: Info) -> list[Found]:
    """The objects of a list, and at last the errors of all others as one: FlattenListVisitor."""
    mapper = None if builder.local else await builder.k.mapper()
    parts: list[Found] = []
    errors: list[Exception] = []
    waiting = [info.obj]
    for obj in waiting:
        if is_list(obj):
            waiting += manifests.items(obj)
            continue
        try:
            parts.append(manifests.item_info(mapper, obj, info.source))
        except KubectlError as error:
            errors.append(error)
    return [*parts, AggregateError(errors)] if errors else parts
