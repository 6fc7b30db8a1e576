"""Parts of objects with paths of their own: status, scale, binding and so on.

Models the `rest.Storage` of each below `pkg/registry`.
"""

from clusters.api.answers import Answer, Send
from clusters.api.request import Request, Target
from clusters.engine.apiserver.errors import method_not_supported
from clusters.engine.apiserver.resources import Resource


async def serve(request: Request, resource: Resource, target: Target, verb: str, send: Send) -> Answer | None:
    """The answer about a sub-resource; None if it has been sent already."""
    raise method_not_supported(f"{resource.plural}/{target.subresource}", verb)
