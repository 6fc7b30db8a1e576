"""An object as `kubectl get -o yaml` prints it.

Models sigs.k8s.io/yaml over go-yaml: keys in alphabetical order, lists not indented, and double quotes
around text that would otherwise read as a number, a boolean, a time or null. Both this and PyYAML descend
from libyaml, so folding of long lines and single quotes come out alike.
"""

import re
from typing import Any, Final

import yaml

from clusters.engine.objects import Object, public

# Texts that go-yaml quotes and PyYAML would not: it reads YAML 1.1 floats and booleans more widely.
_READS_AS_OTHER: Final = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[yYnN]|0[bB][01_]+|0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+"
)
_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
"""Line breaks of YAML 1.1 that only double quotes keep."""


class _Dumper(yaml.SafeDumper):
    """Writes no anchors, and text in go-yaml's quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """A scalar in the style that go-yaml would pick."""
        style = None
        if _BREAKS.search(text) or self._reads_as_other(text):
            style = '"'
        elif "\n" in text:
            style = "|"
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def _reads_as_other(self, text: str) -> bool:
        if not text or _READS_AS_OTHER.fullmatch(text):
            return True
        tag = self.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
        return bool(tag != "tag:yaml.org,2002:str")


_Dumper.add_representer(str, _Dumper.represent_text)


def yaml_text(obj: Object) -> str:
    """The object without what only the simulator knows, as YAML that ends in a line break."""
    text: str = yaml.dump(public(obj), Dumper=_Dumper, default_flow_style=False, allow_unicode=True)
    return text
