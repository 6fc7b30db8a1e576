"""POST to serviceaccounts/token, and who comes with a token that was given out there.

Tokens are signed with a key of the cluster's own, which the site's secret is behind: a token is good in one
cluster only, and nothing of it is stored.
"""

import hmac
import uuid
from functools import partial

from django.conf import settings

from clusters.api import bodies, images
from clusters.api.answers import Answer, json_answer
from clusters.api.bodies import Kind
from clusters.api.options import write_options
from clusters.api.reads import simulated_now
from clusters.api.request import Request, Target, Visitor
from clusters.engine.apiserver import tokens
from clusters.engine.apiserver.resources import Resource


async def create(request: Request, resource: Resource, target: Target) -> Answer:
    """201 with a token in the TokenRequest. Raises 400, 404, 409, 422."""
    options = write_options(request, "CreateOptions")
    kind = Kind("authentication.k8s.io/v1", "TokenRequest")
    asked, warnings = await bodies.read(request, kind, options.validation)
    image = await images.newest(request.cluster_id)
    issued = tokens.issue(
        image,
        target.namespace,
        target.name,
        asked,
        now=simulated_now(image),
        jti=str(uuid.uuid4()),
        sign=_signer(request.cluster_id),
    )
    return json_answer(issued, 201, warnings)


async def visitor(cluster_id: str, token: str) -> Visitor | None:
    """The account for which a token stands in that cluster, None if it is not good there.

    `cluster_id` may be any text. Raises Cluster.DoesNotExist for a cluster that is gone.
    """
    sign = _signer(cluster_id)
    if tokens.read(token, sign) is None:
        return None
    image = await images.newest(cluster_id)
    user = tokens.user_of(image, token, now=simulated_now(image), sign=sign)
    return None if user is None else Visitor(cluster_id, user)


def _signer(cluster_id: str) -> tokens.Sign:
    said = f"clusters.api.tokens/{cluster_id}".encode("utf-8", "surrogatepass")
    key = hmac.digest(settings.SECRET_KEY.encode(), said, "sha256")
    return partial(_signed, key)


def _signed(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")
