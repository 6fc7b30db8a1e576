"""Reading one object, all, and page by page; by which rules a list is of which state."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import listing
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.listing import ListOptions, list_object, list_page, options_of
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.objects import Key, name_of, namespace_of
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_node, make_store

POD, NODE, LEASE = BY_KIND["Pod"], BY_KIND["Node"], BY_KIND["Lease"]


def pod(name, namespace="default", **labels):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "main", "image": "kubia"}]},
        "simulation": {"slot": 1},
    }


def image_of(*objects):
    return make_store(*objects).publish()


def names(page):
    return [f"{namespace_of(obj)}/{name_of(obj)}" for obj in page.items]


def page_of(image, resource=POD, namespace="", **options):
    return list_page(image, resource, namespace, ListOptions(**options), NOW)


def all_pages(image, resource=POD, namespace="", **options):
    pages = [page_of(image, resource, namespace, **options)]
    while pages[-1].continue_:
        pages.append(page_of(image, resource, namespace, **{**options, "continue_": pages[-1].continue_}))
    return pages


def refusal(call):
    with pytest.raises(StatusError) as refused:
        call()
    return refused.value


def token(**fields):
    return urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


THREE = (pod("a", app="x"), pod("b", app="y"), pod("c", app="x"))


def test_one_object_is_shown_without_the_simulators_notes():
    found = listing.get(image_of(pod("a")), POD, "default", "a", NOW)
    assert name_of(found) == "a"
    assert found["kind"] == "Pod"
    assert "simulation" not in found


@pytest.mark.parametrize(
    ("kind", "namespace", "message"),
    [
        ("Pod", "default", 'pods "x" not found'),
        ("Deployment", "default", 'deployments.apps "x" not found'),
        ("Lease", "kube-node-lease", 'leases.coordination.k8s.io "x" not found'),
        ("ComponentStatus", "", 'componentstatuses "x" not found'),
    ],
)
def test_an_object_that_is_not_there_is_not_found(kind, namespace, message):
    refused = refusal(lambda: listing.get(image_of(), BY_KIND[kind], namespace, "x", NOW))
    assert (refused.code, refused.message) == (404, message)


def test_a_pod_of_another_namespace_is_not_found():
    image = image_of(pod("a", "kube-system"))
    assert refusal(lambda: listing.get(image, POD, "default", "a", NOW)).code == 404


def test_a_list_is_of_all_namespaces_or_of_one():
    image = image_of(pod("b"), pod("a", "kube-system"), pod("a"))
    assert names(page_of(image)) == ["default/a", "default/b", "kube-system/a"]
    assert names(page_of(image, namespace="kube-system")) == ["kube-system/a"]
    assert names(page_of(image, namespace="nowhere")) == []


def test_a_namespace_is_not_its_neighbour():
    image = image_of(pod("a", "team"), pod("b", "team-1"), pod("c", "tea"))
    assert names(page_of(image, namespace="team")) == ["team/a"]


def test_a_list_has_the_revision_of_its_image():
    image = image_of(*THREE)
    page = page_of(image)
    assert page.revision == image.revision
    assert all(int(obj["metadata"]["resourceVersion"]) <= page.revision for obj in page.items)


def test_the_items_of_a_typed_list_do_not_say_their_kind():
    listed = list_object(POD, page_of(image_of(pod("a"))))
    assert (listed["kind"], listed["apiVersion"]) == ("PodList", "v1")
    (item,) = listed["items"]
    assert set(item) == {"metadata", "spec"}


def test_an_empty_list_has_items_too():
    image = image_of()
    assert list_object(BY_KIND["Deployment"], page_of(image, BY_KIND["Deployment"])) == {
        "kind": "DeploymentList",
        "apiVersion": "apps/v1",
        "metadata": {"resourceVersion": str(image.revision)},
        "items": [],
    }


def test_a_page_tells_what_follows():
    image = image_of(*THREE)
    listed = list_object(POD, page_of(image, limit="2"))
    assert listed["metadata"]["remainingItemCount"] == 1
    rest = list_object(POD, page_of(image, continue_=listed["metadata"]["continue"]))
    assert rest["metadata"] == {"resourceVersion": str(image.revision)}
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c"]


def test_a_page_that_holds_all_is_the_last():
    assert page_of(image_of(*THREE), limit="3").continue_ == ""


@pytest.mark.parametrize(
    "options", [{"label_selector": "app=x"}, {"field_selector": "metadata.namespace=default"}]
)
def test_selectors_make_what_remains_unknown(options):
    page = page_of(image_of(*THREE), limit="1", **options)
    assert page.continue_
    assert page.remaining is None


def test_no_page_is_empty_because_of_a_selector():
    pages = all_pages(image_of(*THREE), limit="1", label_selector="app=x")
    assert [names(page) for page in pages] == [["default/a"], ["default/c"]]


def test_a_token_of_all_namespaces_goes_on_in_the_next_one():
    image = image_of(pod("a", "n1"), pod("b", "n1"), pod("a", "n2"))
    assert [names(page) for page in all_pages(image, limit="1")] == [["n1/a"], ["n1/b"], ["n2/a"]]


def test_pages_of_what_is_in_no_namespace():
    image = image_of(*(make_node(f"node-{number}") for number in range(3)))
    assert [names(page) for page in all_pages(image, NODE, limit="2")] == [
        ["/node-0", "/node-1"],
        ["/node-2"],
    ]


def test_an_object_that_is_gone_does_not_hide_the_next_page():
    store = make_store(*THREE)
    token_of_latest = listing.expired_page(page_of(store.publish(), limit="1").continue_).continue_
    assert listing.continue_revision(token_of_latest) == -1
    store.delete(Key("Pod", "default", "a"))
    assert names(page_of(store.publish(), continue_=token_of_latest)) == ["default/b", "default/c"]


NAMES = st.from_regex("[ab0][-.ab0]{0,3}", fullmatch=True)
PODS = st.dictionaries(st.tuples(NAMES, NAMES), st.sampled_from(["x", "y", ""]), max_size=25)
SELECTORS = st.sampled_from(
    [
        {},
        {"label_selector": "app=x"},
        {"label_selector": "app notin (x)"},
        {"field_selector": "metadata.namespace=a"},
        {"field_selector": "metadata.name!=a", "label_selector": "app in (x,y)"},
        {"field_selector": "metadata.name=a"},
    ]
)


@given(PODS, st.integers(1, 30), SELECTORS, st.sampled_from(["", "a", "a-"]))
def test_all_pages_together_are_the_whole_list(pods, limit, selectors, namespace):
    base = Overlay(MemoryStore(), now=NOW, seed="s")
    for (within, name), app in pods.items():
        base.create(pod(name, within, app=app))
    image = base.publish()
    whole = page_of(image, namespace=namespace, **selectors)
    pages = all_pages(image, namespace=namespace, limit=str(limit), **selectors)
    assert [obj for page in pages for obj in page.items] == whole.items
    assert {page.revision for page in pages} == {whole.revision}
    assert all(len(page.items) == limit for page in pages[:-1])
    left = len(whole.items)
    for page in pages:
        left -= len(page.items)
        assert page.remaining == (None if selectors else left or None)
    expected = [
        f"{within}/{name}"
        for (within, name), app in sorted(pods.items())
        if namespace in ("", within) and _selected(selectors, within, name, app)
    ]
    assert names(whole) == expected


def _selected(selectors, namespace, name, app):
    by_labels = {
        "app=x": app == "x",
        "app notin (x)": app != "x",
        "app in (x,y)": app in ("x", "y"),
    }
    by_fields = {
        "metadata.namespace=a": namespace == "a",
        "metadata.name!=a": name != "a",
        "metadata.name=a": name == "a",
    }
    label, field = selectors.get("label_selector"), selectors.get("field_selector")
    return (label is None or by_labels[label]) and (field is None or by_fields[field])


def test_a_list_of_one_name_has_at_most_one_object_a_namespace():
    image = image_of(pod("a"), pod("b"), pod("a", "kube-system"))
    page = page_of(image, namespace="default", field_selector="metadata.name=a")
    assert names(page) == ["default/a"]
    assert names(page_of(image, field_selector="metadata.name=a")) == ["default/a", "kube-system/a"]
    assert names(page_of(image, field_selector="metadata.name=a,metadata.name=b")) == []


@pytest.mark.parametrize("limit", ["0", "-1", "", "100"])
def test_without_a_limit_a_list_is_one_page(limit):
    assert len(all_pages(image_of(*THREE), limit=limit)) == 1


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("abc", 'strconv.ParseInt: parsing "abc": invalid syntax'),
        ("1.5", 'strconv.ParseInt: parsing "1.5": invalid syntax'),
        (" 1", 'strconv.ParseInt: parsing " 1": invalid syntax'),
        ("1_0", 'strconv.ParseInt: parsing "1_0": invalid syntax'),
        ("9" * 19, 'strconv.ParseInt: parsing "9999999999999999999": value out of range'),
    ],
)
def test_a_limit_that_is_no_number_is_refused(limit, message):
    refused = refusal(lambda: page_of(image_of(), limit=limit))
    assert (refused.code, refused.message) == (400, message)


def test_a_bad_selector_is_refused_with_its_own_words():
    refused = refusal(lambda: page_of(image_of(), label_selector="a b"))
    assert refused.code == 400
    assert refused.message.startswith("unable to parse requirement: found 'b', expected: in, notin")
    refused = refusal(lambda: page_of(image_of(), field_selector="spec.x=1"))
    assert (refused.code, refused.message) == (400, "field label not supported: spec.x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%%%", "continue key is not valid: illegal base64 data at input byte 0"),
        ("abcde", "continue key is not valid: illegal base64 data at input byte 4"),
        ("abcd", "continue key is not valid: invalid character in JSON"),
        (
            token(v="v2", rv=1, start="a"),
            "continue key is not valid: server does not recognize this encoded version v2",
        ),
        (
            token(v="meta.k8s.io/v1", start="a"),
            "continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
        ),
        (
            token(v="meta.k8s.io/v1", rv=1),
            "continue key is not valid: encoded start key empty (version meta.k8s.io/v1)",
        ),
        (token(v="meta.k8s.io/v1", rv=1, start="../x"), "continue key is not valid: ../x"),
        (token(v="meta.k8s.io/v1", rv=1, start="a//b"), "continue key is not valid: a//b"),
        (
            token(v="meta.k8s.io/v1", rv="1", start="a"),
            "continue key is not valid: json: cannot unmarshal into Go value of type storage.continueToken",
        ),
    ],
)
def test_a_token_that_nobody_gave_is_refused(text, message):
    refused = refusal(lambda: page_of(image_of(), continue_=text))
    assert (refused.code, refused.message) == (400, f"invalid continue token: {message}")
    assert refusal(lambda: listing.continue_revision(text)).message == refused.message


@given(st.one_of(st.text(max_size=20), st.binary(max_size=40).map(lambda b: urlsafe_b64encode(b).decode())))
def test_any_token_is_refused_or_read(text):
    codes = set()
    try:
        page_of(image_of(*THREE), continue_=text)
    except StatusError as error:
        codes.add(error.code)
    assert codes <= {400, 410, 504}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["v", "rv", "start"]), inner),
    max_leaves=5,
)


@given(JSON, st.booleans())
def test_any_json_in_a_token_is_refused_or_read(said, versioned):
    if versioned and isinstance(said, dict):
        said["v"] = "meta.k8s.io/v1"
    text = urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    codes = set()
    try:
        page_of(image_of(*THREE), continue_=text)
    except StatusError as error:
        codes.add(error.code)
    assert codes <= {400, 410, 504}


def test_a_token_tells_its_revision_as_upstreams_do():
    image = image_of(*THREE)
    given_token = page_of(image, limit="1").continue_
    assert listing.continue_revision(given_token) == image.revision
    said = json.loads(urlsafe_b64decode(given_token + "=" * (-len(given_token) % 4)))
    assert said == {"v": "meta.k8s.io/v1", "rv": image.revision, "start": "default/a\0"}


def test_a_page_of_an_earlier_image_is_not_served_from_a_later_one():
    store = make_store(*THREE)
    first = page_of(store.publish(), limit="1")
    store.create(pod("d"))
    refused = refusal(lambda: page_of(store.publish(), limit="1", continue_=first.continue_))
    assert (refused.code, refused.reason) == (410, "Expired")
    assert refused.message.startswith("The provided continue parameter is too old")
    status = refused.status()
    rest = page_of(store.publish(), continue_=status["metadata"]["continue"])
    assert names(rest) == ["default/b", "default/c", "default/d"]
    assert rest.revision == store.revision


def test_a_page_says_which_revision_it_needs():
    image = image_of(*THREE)
    given_token = page_of(image, limit="1").continue_
    assert listing.wanted_revision(ListOptions(continue_=given_token)) == image.revision
    assert listing.wanted_revision(ListOptions(continue_=given_token, resource_version="0")) == image.revision


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, None),
        ({"resource_version": "0"}, None),
        ({"resource_version": "3"}, None),
        ({"resource_version": "3", "limit": "2"}, 3),
        ({"resource_version": "0", "limit": "2"}, None),
        ({"resource_version": "3", "resource_version_match": "NotOlderThan", "limit": "2"}, None),
        ({"resource_version": "3", "resource_version_match": "Exact"}, 3),
    ],
)
def test_which_revision_a_list_must_show(options, wanted):
    assert listing.wanted_revision(ListOptions(**options)) == wanted


def test_an_exact_revision_is_not_served_from_another_image():
    image = image_of(*THREE)
    exact = {"resource_version": str(image.revision), "resource_version_match": "Exact"}
    assert len(page_of(image, **exact).items) == 3
    refused = refusal(lambda: page_of(image, **{**exact, "resource_version": "1"}))
    assert (refused.code, refused.message) == (410, "The resourceVersion for the provided list is too old.")
    assert refused.status()["metadata"] == {}


@pytest.mark.parametrize("options", [{}, {"limit": "1"}, {"resource_version_match": "NotOlderThan"}])
def test_a_revision_of_the_future_is_a_timeout(options):
    image = image_of()
    refused = refusal(lambda: page_of(image, resource_version="999", **options))
    assert (refused.code, refused.reason) == (504, "Timeout")
    assert refused.message == f"Timeout: Too large resource version: 999, current: {image.revision}"
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    assert refused.details == {"causes": causes, "retryAfterSeconds": 1}


@pytest.mark.parametrize("version", ["abc", "-1", "+1", "1.0", " 1", "٣", str(2**64)])
def test_a_resource_version_that_is_no_number_is_refused(version):
    refused = refusal(lambda: page_of(image_of(), resource_version=version))
    assert refused.code == 400
    assert refused.message.startswith("invalid resource version: resourceVersion: Invalid value: ")


def test_a_token_and_a_resource_version_do_not_go_together():
    image = image_of(*THREE)
    options = {"continue_": page_of(image, limit="1").continue_, "resource_version": "1"}
    refused = refusal(lambda: page_of(image, **options))
    assert refused.message == "specifying resource version is not allowed when using continue"


FORBIDDEN = "resourceVersionMatch: Forbidden: resourceVersionMatch"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"resource_version_match": "Exact"},
            f"{FORBIDDEN} is forbidden unless resourceVersion is provided",
        ),
        (
            {"resource_version_match": "Exact", "resource_version": "0"},
            f'{FORBIDDEN} "exact" is forbidden for resourceVersion "0"',
        ),
        (
            {"resource_version_match": "Roughly", "resource_version": "1"},
            'resourceVersionMatch: Unsupported value: "Roughly": supported values: "Exact", '
            '"NotOlderThan", ""',
        ),
        (
            {"send_initial_events": "true"},
            "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list",
        ),
        (
            {"send_initial_events": "false", "continue_": "x", "resource_version_match": "Exact"},
            f"[{FORBIDDEN} is forbidden unless resourceVersion is provided, {FORBIDDEN} is forbidden when"
            " continue is provided, sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list]",
        ),
    ],
)
def test_options_that_do_not_go_together_are_invalid(options, said):
    refused = refusal(lambda: page_of(image_of(), **options))
    assert (refused.code, refused.reason) == (422, "Invalid")
    assert refused.message == f'ListOptions.meta.k8s.io "" is invalid: {said}'


def test_the_options_are_read_from_a_query():
    query = {
        "labelSelector": "app=x",
        "fieldSelector": "metadata.name=a",
        "limit": "500",
        "continue": "t",
        "resourceVersion": "7",
        "resourceVersionMatch": "Exact",
        "sendInitialEvents": "true",
        "timeout": "32s",
    }
    assert options_of(query) == ListOptions("app=x", "metadata.name=a", "500", "t", "7", "Exact", "true")
    assert options_of({}) == ListOptions()


def test_derived_objects_are_listed_like_stored_ones():
    image = image_of(*(make_node(f"node-{number}") for number in range(3)))
    pages = all_pages(image, LEASE, "kube-node-lease", limit="2")
    assert [len(page.items) for page in pages] == [2, 1]
    assert pages[0].remaining == 1
    named = page_of(image, LEASE, field_selector="metadata.name=node-1")
    assert names(named) == ["kube-node-lease/node-1"]
    assert names(page_of(image, LEASE, "default")) == []
    assert name_of(listing.get(image, LEASE, "kube-node-lease", "node-1", NOW)) == "node-1"


def test_a_list_changes_nothing_of_its_image():
    store = make_store(*THREE)
    image = store.publish()
    before = image.list("Pod")
    list_object(POD, page_of(image, label_selector="app"))
    assert all(now is then for now, then in zip(image.list("Pod"), before, strict=True))
    assert all("simulation" in obj for obj in before)
