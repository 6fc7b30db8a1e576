"""The files of a person in a cluster's terminal: manifests to create from, and whatever else is written.

They are rows, see `clusters.models.File`, and no part of the cluster: nothing of them is journalled, and
nobody else sees them. Beside them there may be given ones, which cannot be changed; a file of one's own
stands before a given one of that name.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clusters.models import File
from clusters.writer import writer

T = TypeVar("T")

NAME: Final = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,64}", re.ASCII)
MOST: Final = 50
"""Files of a person in a cluster."""
LARGEST: Final = 256 * 1024
"""Bytes of one."""


class Listed(NamedTuple):
    """A file in a list. `own`: it is the person's, and can be removed."""

    name: str
    bytes: int
    own: bool


class Files:
    """What one person has in one cluster. On the event loop; all methods wait for the writer.

    `given` are texts by their names. Names may begin with `./`; what is no file raises FileNotFoundError.
    """

    def __init__(self, cluster_id: str, person: str, given: Mapping[str, str] | None = None) -> None:
        self._cluster_id = cluster_id
        self._person = person
        self._given = given or {}

    async def listing(self) -> list[Listed]:
        """All files, by name."""
        own = await _done(lambda: dict(self._rows().values_list("name", "text")))
        texts = {**self._given, **own}
        return [Listed(name, len(text.encode()), name in own) for name, text in sorted(texts.items())]

    async def names(self) -> list[str]:
        """The names of all files."""
        own = await _done(lambda: list(self._rows().values_list("name", flat=True)))
        return sorted({*self._given, *own})

    async def read(self, name: str) -> str:
        """A file's text."""
        name = name.removeprefix("./")
        row = await _done(lambda: self._rows().filter(name=name).first())
        if row is not None:
            return row.text
        if name not in self._given:
            raise FileNotFoundError(name)
        return self._given[name]

    async def write(self, name: str, text: str) -> None:
        """Store a text; a file of that name is replaced. Raises ValueError, in the reader's language."""
        name = checked_name(name)
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            raise ValueError(_("This is no text that can be stored.")) from None
        if size > LARGEST:
            limit = LARGEST // 1024
            raise ValueError(_("This is too long: a file has at most %(limit)d KB.") % {"limit": limit})
        if not await _done(lambda: self._store(name, text)):
            raise ValueError(_("You have %(most)d files here. Remove one first.") % {"most": MOST})

    async def remove(self, name: str) -> None:
        """Delete a file of one's own. Raises ValueError for a given one, in the reader's language."""
        name = name.removeprefix("./")
        if (await _done(lambda: self._rows().filter(name=name).delete()))[0]:
            return
        if name not in self._given:
            raise FileNotFoundError(name)
        raise ValueError(_("%(name)s belongs to the lesson and stays.") % {"name": name})

    def _rows(self) -> QuerySet[File]:
        return File.objects.filter(cluster=self._cluster_id, person=self._person)

    def _store(self, name: str, text: str) -> bool:
        """Whether there was room for it."""
        if not self._rows().filter(name=name).exists() and self._rows().count() >= MOST:
            return False
        try:
            with transaction.atomic():
                File.objects.update_or_create(
                    cluster_id=self._cluster_id, person=self._person, name=name, defaults={"text": text}
                )
        except IntegrityError:  # the cluster was deleted just now, and all its files with it
            return True
        return True


def checked_name(name: str) -> str:
    """The name that a file is stored under. Raises ValueError, in the reader's language."""
    name = name.removeprefix("./")
    if not NAME.fullmatch(name):
        raise ValueError(
            _("A file's name has 1 to 64 letters, digits, dots, hyphens and underscores, and no dot first.")
        )
    return name


async def _done(job: Callable[[], T]) -> T:
    return await asyncio.wrap_future(writer.submit(job))
