"""Which images have a name like one that does not exist."""

from difflib import get_close_matches
from typing import Final

from clusters.engine.images import catalogue, parse_reference

MOST: Final = 3


def near_images(name: str) -> list[str]:
    """Images that can be pulled and that somebody may have meant, the nearest first; [] if none is near."""
    try:
        asked = parse_reference(name)
    except ValueError:
        asked = None
    known = {_short(full): full for full in catalogue()}
    if asked is not None:
        tags = [short for short, full in known.items() if full.rpartition(":")[0] == asked.repository]
        if tags:
            return sorted(tags)[:MOST]
    names = {short.partition(":")[0]: short for short in sorted(known, reverse=True)}
    return [names[near] for near in get_close_matches(name.partition(":")[0], names, n=MOST, cutoff=0.7)]


def _short(full: str) -> str:
    """As people write it: without the hub, and without its library."""
    return full.removeprefix("docker.io/").removeprefix("library/")
