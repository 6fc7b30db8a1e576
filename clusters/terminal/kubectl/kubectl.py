"""One run of kubectl: the line as it was read, and what the commands need to do it.

Models cmdutil's Factory, with genericiooptions' IOStreams.
"""

from clusters.terminal.kubectl import cobra
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.host import Host
from clusters.terminal.kubectl.pflag import FlagSet
from clusters.terminal.kubectl.rest import Client
from clusters.terminal.kubectl.restmapper import RESTMapper, discover


class Kubectl:
    """What a command is given: `args` and `flags` of its line, the API by `client`, out and err.

    `namespace` is the one meant, by -n or the usual one; `enforce_namespace` whether -n said so.
    """

    def __init__(self, host: Host, found: cobra.Found) -> None:
        self.host = host
        self.found = found
        self.client = Client(host, found.path)
        self._mapper: RESTMapper | None = None

    @property
    def flags(self) -> FlagSet:
        return self.found.flags

    @property
    def args(self) -> list[str]:
        return self.found.flags.args

    @property
    def enforce_namespace(self) -> bool:
        return bool(self.flags["namespace"])

    @property
    def namespace(self) -> str:
        return str(self.flags["namespace"] or self.host.namespace)

    def out(self, text: str) -> None:
        """Print to stdout, as it is."""
        self.host.out(text)

    def err(self, text: str) -> None:
        """Print to stderr, as it is."""
        self.host.err(text)

    async def mapper(self) -> RESTMapper:
        """The resources of the server."""
        if self._mapper is None:
            self._mapper = await discover(self.client)
        return self._mapper

    def usage_error(self, text: str) -> CommandError:
        """An error that ends in a hint at the command's help: cmdutil.UsageErrorf."""
        return cobra.usage_error(self.found, text)
