"""kubectl as a client of a cluster's Kubernetes API, written in Python: it sends what kubectl 1.37 sends
and prints what kubectl 1.37 prints.

host.py           where it runs: what it prints to, which files and which API there are
pflag.py          flags            cobra.py       commands and sub-commands
rest.py           the API          restmapper.py  kinds and their names
builder.py        from arguments and files to objects
errors.py         what is said of errors, and exit codes
commands.py       all commands     cmd/           one after the other, by upstream's names
printers/         JSON, YAML, JSONPath, templates, tables
describe/         what `describe` tells of each kind
"""

from clusters.terminal.kubectl.commands import run
from clusters.terminal.kubectl.host import Host

__all__ = ["Host", "run"]
