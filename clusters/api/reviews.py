"""POST of a question about oneself: it is answered and kept nowhere."""

from typing import Final

from clusters.api import bodies
from clusters.api.answers import Answer, json_answer
from clusters.api.options import write_options
from clusters.api.request import Request, Target
from clusters.engine.apiserver.resources import Resource
from clusters.engine.apiserver.reviews import (
    self_subject_access_review,
    self_subject_review,
    self_subject_rules_review,
)

_ANSWERS: Final = {
    "SelfSubjectAccessReview": self_subject_access_review,
    "SelfSubjectReview": self_subject_review,
    "SelfSubjectRulesReview": self_subject_rules_review,
}
"""By the kind of question."""


async def create(request: Request, resource: Resource, target: Target) -> Answer:
    """The review with its answer in the status. Raises 400, 422."""
    options = write_options(request, "CreateOptions")
    review, warnings = await bodies.read(request, bodies.kind_of(resource), options.validation)
    return json_answer(_ANSWERS[resource.kind](request.user, review), 201, warnings)
