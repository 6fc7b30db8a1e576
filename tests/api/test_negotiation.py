"""Accept and Content-Type."""

import pytest

from clusters.api.negotiation import BODIES, Wanted, media_type, wanted, wants_aggregated
from clusters.engine.apiserver.errors import StatusError

KUBECTL_TABLE = (
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,"
    "application/json"
)
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Wanted("")),
        ("*/*", Wanted("")),
        ("application/*", Wanted("")),
        ("application/json", Wanted("")),
        ("application/vnd.kubernetes.protobuf,application/json", Wanted("")),
        ("application/json, */*", Wanted("")),
        (KUBECTL_TABLE, Wanted("Table", "v1")),
        ("application/json;as=Table;v=v99;g=meta.k8s.io, application/json", Wanted("")),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", Wanted("Table", "v1beta1")),
        ("application/json;q=0.1,application/json;as=Table;v=v1;g=meta.k8s.io", Wanted("Table", "v1")),
        ("application/json;q=nonsense,*/*;q=0.5", Wanted("")),
    ],
)
def test_the_first_form_that_can_be_made_is_chosen(accept, form):
    assert wanted(accept) == form


@pytest.mark.parametrize(
    "accept",
    [
        "application/json;as=Table;v=v99;g=meta.k8s.io",
        "application/json;as=Table;v=v1;g=other",
        "application/json;as=Nonsense;v=v1;g=meta.k8s.io",
        "text/html",
        "application/vnd.kubernetes.protobuf",
        ";;;",
    ],
)
def test_what_cannot_be_made_is_not_acceptable(accept):
    with pytest.raises(StatusError) as refused:
        wanted(accept)
    assert (refused.value.code, refused.value.reason) == (406, "NotAcceptable")
    assert refused.value.message == "only the following media types are accepted: application/json"


def test_a_list_has_its_own_partial_form():
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    assert wanted(accept, listing=True).kind == "PartialObjectMetadataList"
    with pytest.raises(StatusError):
        wanted(accept)


def test_discovery_in_one_document_is_only_for_who_asks():
    assert wants_aggregated(DISCOVERY)
    assert not wants_aggregated("application/json")
    assert not wants_aggregated("")
    assert not wants_aggregated(DISCOVERY.replace("v=v2;", "v=v2beta1;"))


@pytest.mark.parametrize(
    ("sent", "media"),
    [
        ("", "application/json"),
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("application/yaml", "application/yaml"),
        ("application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf"),
    ],
)
def test_bodies_may_be_json_yaml_and_protobuf(sent, media):
    assert media_type(sent, BODIES) == media


def test_other_bodies_are_unsupported():
    with pytest.raises(StatusError) as refused:
        media_type("text/xml", BODIES)
    assert (refused.value.code, refused.value.reason) == (415, "UnsupportedMediaType")
    assert "accepted media types include: application/json, application/yaml" in refused.value.message
