"""What holds whatever clients do: patches by their rules, and watches that lead to what a list shows."""

import asyncio

import jsonpatch
import jsonpointer
import orjson
import pytest
from asgiref.sync import async_to_sync
from hypothesis import given
from hypothesis import strategies as st

from clusters import keys
from tests.api.caller import Caller, in_thread
from tests.api.watchers import Watcher, forget_memory, revision, state_of, until

MAPS = "/api/v1/namespaces/default/configmaps"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"

words = st.sampled_from(["a", "b", "c-d", "e.f"])
texts = st.sampled_from(["", "1", "two", "3.5", "true"])
maps = st.dictionaries(words, texts, max_size=3)
changed_maps = st.none() | st.dictionaries(words, st.none() | texts, max_size=3)
merge_patches = st.fixed_dictionaries(
    {},
    optional={
        "data": changed_maps,
        "immutable": st.none() | st.just(False),
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "annotations": changed_maps,
                "finalizers": st.none()
                | st.lists(words.map("example.com/".__add__), max_size=2, unique=True),
                "labels": changed_maps,
            },
        ),
    },
)
places = st.sampled_from(
    ["/data", "/metadata/labels", "/metadata/annotations", "/metadata/finalizers", "/none"]
)
pointers = places | st.builds("{}/{}".format, places, words | st.sampled_from(["0", "1", "-"]))
operations = st.one_of(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "replace", "test"]), "path": pointers, "value": texts}
    ),
    st.fixed_dictionaries({"op": st.sampled_from(["add", "replace"]), "path": places, "value": maps}),
    st.fixed_dictionaries({"op": st.just("remove"), "path": pointers}),
    st.fixed_dictionaries({"op": st.sampled_from(["move", "copy"]), "path": pointers, "from": pointers}),
)


@pytest.fixture
def new_map(cluster):
    """new_map(data, labels) makes the only ConfigMap; returns its path and how to ask for anything."""
    ask = async_to_sync(Caller(keys.key_of(cluster.pk, keys.WRITE)).__call__)

    def make(data, labels):
        remove_all(ask)
        assert ask("POST", MAPS, {"metadata": {"name": "map", "labels": labels}, "data": data}).code == 201
        return f"{MAPS}/map", ask

    return make


def remove_all(ask):
    """Deletes all ConfigMaps, also those that somebody holds."""
    for item in ask("GET", MAPS).json["items"]:
        path = f"{MAPS}/{item['metadata']['name']}"
        ask("PATCH", path, b'{"metadata":{"finalizers":null}}', content_type=MERGE_PATCH)
        ask("DELETE", path)


def merged(target, patch):
    """What RFC 7386 makes of a document."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def content(obj):
    """An object without what the server writes by itself, what is empty and so not shown, and `none`, which
    no ConfigMap has."""
    metadata = {**obj["metadata"], "managedFields": None, "resourceVersion": None}
    found = {**obj, "metadata": {name: value for name, value in metadata.items() if value}, "none": None}
    return {name: value for name, value in found.items() if value not in (None, {})}


def check(ask, path, media, patch, wanted):
    """Sends a patch. `wanted` is what its rules make of the object, None if they refuse it."""
    before = ask("GET", path).json
    reply = ask("PATCH", path, orjson.dumps(patch), content_type=media)
    after = ask("GET", path).json
    if wanted is None or reply.code != 200:
        # The rules of ConfigMaps may still refuse what the rules of patches allow.
        assert reply.code in (400, 422)
        assert after == before
        return
    assert content(reply.json) == content(wanted)
    assert after == reply.json
    same = content(after) == content(before)
    assert (after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]) == same


def test_merge_patches_do_what_their_rules_say(new_map):
    @given(maps, maps, st.lists(merge_patches, min_size=1, max_size=3))
    def run(data, labels, patches):
        path, ask = new_map(data, labels)
        for patch in patches:
            check(ask, path, MERGE_PATCH, patch, merged(ask("GET", path).json, patch))

    run()


def test_json_patches_do_what_their_rules_say(new_map):
    @given(maps, maps, st.lists(st.lists(operations, max_size=4), min_size=1, max_size=3))
    def run(data, labels, patches):
        path, ask = new_map(data, labels)
        for patch in patches:
            check(ask, path, JSON_PATCH, patch, patched(ask("GET", path).json, patch))

    run()


def patched(document, patch):
    """What RFC 6902 makes of a document; None if an operation cannot be done."""
    try:
        return jsonpatch.apply_patch(document, patch)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError):
        return None


names = st.sampled_from(["a", "b", "c"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("POST"), names, maps),
        st.tuples(st.just("PATCH"), names, maps),
        st.tuples(st.just("DELETE"), names, st.none()),
    ),
    min_size=1,
    max_size=10,
)


async def act(call, path, method, name, labels):
    """One step of a story; it may well be refused."""
    if method == "POST":
        await call("POST", path, {"metadata": {"name": name, "labels": labels}})
    elif method == "PATCH":
        patch = {"metadata": {"labels": {**dict.fromkeys(("a", "b"), None), **labels}}}
        await call("PATCH", f"{path}/{name}", orjson.dumps(patch), content_type=MERGE_PATCH)
    else:
        await call("DELETE", f"{path}/{name}")


def test_a_watch_from_any_version_leads_to_what_a_list_shows(cluster):
    @given(steps, st.sampled_from(["", "a", "!a", "a in (1,two),b"]), st.booleans())
    def run(story, selector, forget):
        asyncio.run(live_through(cluster, MAPS, story, selector, forget))

    run()


async def live_through(cluster, path, story, selector, forget):
    call = Caller(await in_thread(keys.key_of)(cluster.pk, keys.WRITE))
    await call("DELETE", path)
    lists, watchers = [await call.get(path, labelSelector=selector)], []
    for step in story:
        watchers.append(watch(cluster, path, lists[-1], selector))
        await act(call, path, *step)
        lists.append(await call.get(path, labelSelector=selector))
    if forget:
        await forget_memory()
    watchers += [watch(cluster, path, listed, selector) for listed in lists]
    await until(lambda: all(watcher.status for watcher in watchers))
    # What comes last tells that all before it was told.
    await call.post(path, {"metadata": {"name": "last", "labels": {"a": "1", "b": ""}}})
    last = await call("PATCH", f"{path}/last", b'{"metadata":{"labels":null}}', content_type=MERGE_PATCH)
    wanted = await call.get(path, labelSelector=selector)
    for watcher, listed in zip(watchers, [*lists[:-1], *lists], strict=True):
        await until(lambda watcher=watcher: versions_of(watcher)[-1:] == [revision(last.json)])
        begins = [{"type": "ADDED", "object": item} for item in listed["items"]]
        assert bare(state_of([*begins, *watcher.events]).values()) == bare(wanted["items"])
        assert versions_of(watcher) == sorted(set(versions_of(watcher)))
        assert versions_of(watcher)[0] > revision(listed)
        await watcher.leave()


def watch(cluster, path, listed, selector):
    version = listed["metadata"]["resourceVersion"]
    return Watcher(cluster, path, resourceVersion=version, labelSelector=selector)


def versions_of(watcher):
    return [revision(event["object"]) for event in watcher.events]


def bare(objects):
    """Objects by name, as a list shows them."""
    return {obj["metadata"]["name"]: obj["metadata"] for obj in objects}
