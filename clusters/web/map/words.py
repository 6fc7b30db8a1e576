"""The words that many pods and nodes share, looked up once a drawing in the active language."""

from collections.abc import Sequence
from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.web.states import node_words, state_words


class Words:
    """Translated words. A count's words are made once for each number."""

    def __init__(self) -> None:
        self.states = state_words()
        self.nodes = node_words()
        self.bars = {
            "ready": _("ready"),
            "starting": _("starting"),
            "terminating": _("leaving"),
            "crashing": _("crashing"),
            "unreachable": _("unreachable"),
        }
        self.client = _("test client")
        self.no_ip = _("no IP yet")
        self.ip = _("IP %s")
        self.receives = _("receives requests from Service %s")
        self.kill = _("Kill pod %s")
        self.force = _("Kill pod %s by force")
        self.no_power = _("no power")
        self.pods = cache(_pods)
        self.containers = cache(_containers)

    def aria(self, name: str, word: str, ip: str, node: str, services: Sequence[str]) -> str:
        """A pod's accessible name."""
        parts = [name, word, self.ip % ip if ip else self.no_ip]
        if node:
            parts.append(node)
        if services:
            parts.append(self.receives % ", ".join(services))
        return ", ".join(parts)


def _pods(count: int) -> str:
    return ngettext("%(count)d pod", "%(count)d pods", count) % {"count": count}


def _containers(count: int) -> str:
    return ngettext("%(count)d container", "%(count)d containers", count) % {"count": count}
