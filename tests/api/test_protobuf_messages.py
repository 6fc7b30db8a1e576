"""Which fields messages in protobuf have, and that every one of them is read as Go writes it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.api.protobuf import decode, decoding
from clusters.api.protobuf.scalars import SCALARS
from clusters.engine.apiserver.messages import INLINE, MESSAGES
from clusters.engine.apiserver.schema import struct_of
from tests.api.go_wire import KINDS, enveloped, message


def inlined(name):
    """The fields of a message as JSON has them."""
    found = {}
    for field in MESSAGES[name].values():
        found |= inlined(field.type) if field.name == INLINE else {field.name: field}
    return found


def pairs():
    """Each struct that a kind reaches in JSON's schemas, with its message."""
    waiting = [(struct_of(*kind), kind[1]) for kind in KINDS]
    seen = {}
    while waiting:
        struct, name = waiting.pop()
        if struct.name in seen:
            continue
        seen[struct.name] = (struct, name)
        known = inlined(name)
        for key, field in struct.fields.items():
            inner = field.item or field
            if inner.struct is not None:
                waiting.append((inner.struct, known[key].type))
    return list(seen.values())


@pytest.mark.parametrize(("struct", "name"), pairs(), ids=lambda part: getattr(part, "name", part))
def test_protobuf_has_every_field_that_json_has(struct, name):
    known = inlined(name)
    in_json = {key for key in struct.fields if key not in ("apiVersion", "kind") or key in known}
    assert known.keys() == in_json


TYPES = {
    "string": {"string"},
    "bytes": {"bytes"},
    "bool": {"bool"},
    "int32": {"int32"},
    "int64": {"int64"},
    "quantity": {"Quantity"},
    "int-or-string": {"IntOrString"},
    "time": {"Time", "MicroTime"},
    "any": {"FieldsV1"},
}


@pytest.mark.parametrize(("struct", "name"), pairs(), ids=lambda part: getattr(part, "name", part))
def test_protobuf_has_them_in_the_same_shape(struct, name):
    known = inlined(name)
    for key in struct.fields.keys() & known.keys():
        field, mine = struct.fields[key], known[key]
        assert mine.shape == (field.kind if field.kind in ("list", "map") else "one")
        inner = field.item or field
        if inner.item is not None:
            assert mine.type == "Strings"
        else:
            assert mine.type in (TYPES[inner.kind] if inner.struct is None else MESSAGES)


def test_no_message_contains_itself_so_that_depth_is_bounded():
    def depth(name, above):
        assert name not in above
        inner = {field.type for field in MESSAGES[name].values()} - SCALARS.keys()
        return 1 + max((depth(part, (*above, name)) for part in inner), default=0)

    assert max(depth(kind, ()) for _, kind in KINDS) < 15


def scalars(type_):
    text = st.text(max_size=5)
    return {
        "string": text,
        "bytes": st.sampled_from(["", "AA==", "/+7d"]),
        "bool": st.booleans(),
        "int32": st.integers(-(2**31), 2**31 - 1),
        "int64": st.integers(-(2**63), 2**63 - 1),
        "Quantity": st.sampled_from(["0", "1", "500m", "1Gi"]),
        "IntOrString": st.integers(-(2**31), 2**31 - 1) | text,
        "Time": st.sampled_from(["2026-11-24T08:00:00Z", "1970-01-01T00:00:00Z", "0202-01-01T00:00:00Z"]),
        "MicroTime": st.sampled_from(["2026-11-24T08:00:00.123456Z", "1969-12-31T23:59:59.000001Z"]),
        "FieldsV1": st.sampled_from([{}, {"f:spec": {"f:replicas": {}}}]),
        "Strings": st.lists(text, max_size=2),
    }[type_]


@st.composite
def messages(draw, name):
    """An object of a message with a few of its fields, and of theirs."""
    obj = {}
    for field in draw(st.lists(st.sampled_from(list(inlined(name).values())), max_size=4)):
        items = scalars(field.type) if field.type in SCALARS else messages(field.type)
        if field.shape == "list":
            items = st.lists(items, min_size=1, max_size=2)
        elif field.shape == "map":
            items = st.dictionaries(st.text(max_size=3), items, min_size=1, max_size=2)
        obj[field.name] = draw(items)
    return obj


def as_json(name, obj):
    """What Go's JSON has of it: no zero values but those behind a pointer, in a list or in a map."""
    found = {}
    for key, value in obj.items():
        field = inlined(name)[key]

        def inner(item, type_=field.type):
            return item if type_ in SCALARS else as_json(type_, item)

        if field.shape == "list":
            found[key] = [inner(item) for item in value]
        elif field.shape == "map":
            found[key] = {name_: inner(item) for name_, item in value.items()}
        else:
            value = inner(value)
            if field.pointer or (value not in ("", 0, {}) and (field.type, value) != ("Quantity", "0")):
                found[key] = value
    return found


@pytest.mark.parametrize(("api_version", "kind"), KINDS, ids=lambda part: part)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_go_writes_is_read_as_its_json(api_version, kind, data):
    obj = data.draw(messages(kind))
    body = enveloped(api_version, kind, message(kind, obj))
    want = {"apiVersion": api_version, "kind": kind} | as_json(kind, obj)
    assert decode(body, api_version, kind) == want


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_message_in_which_nothing_is_set_is_empty(name):
    assert decoding._Decoder().message(name, message(name, {}), {}) == {}
