"""kubectl diff, and the comparison of two texts as diff does it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.kubectl.unified_diff import changes, unified

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: one, c: d}\n"


async def test_no_difference_is_no_output(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=CONFIG)
    assert await kubectl("diff -f x.yaml") == ("", "", 0)


async def test_a_difference_is_shown_as_diff_shows_it(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=CONFIG)
    done = await kubectl("diff -f x.yaml", x_yaml=CONFIG.replace("a: b", "a: c"))
    assert (done.err, done.code) == ("", 1)
    name = r"/tmp/(LIVE|MERGED)-\d+/v1\.ConfigMap\.default\.c"
    command, old, new, *lines = done.out.split("\n")
    assert re.fullmatch(f"diff -u -N {name} {name}", command)
    assert re.fullmatch(rf"--- {name}\t\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{9}} \+0000", old)
    assert re.fullmatch(rf"\+\+\+ {name}\t.*", new)
    assert lines[:6] == [
        "@@ -1,6 +1,6 @@",
        " apiVersion: v1",
        " data:",
        "-  a: b",
        "+  a: c",
        " kind: ConfigMap",
    ]
    assert (await kubectl.read("/api/v1/namespaces/default/configmaps/c"))["data"] == {"a": "b"}


async def test_a_new_object_is_all_new(kubectl):
    done = await kubectl("diff -f x.yaml", x_yaml=CONFIG)
    assert "\n@@ -0,0 +1," in done.out
    assert "\t1970-01-01 00:00:00.000000000 +0000\n" in done.out


async def test_values_of_secrets_are_hidden(kubectl):
    await kubectl.ok("apply -f x.yaml", x_yaml=SECRET)
    changed = SECRET.replace("one", "two")
    out = (await kubectl("diff -f x.yaml", x_yaml=changed)).out
    assert "-  a: '*** (before)'\n+  a: '*** (after)'\n   c: '***'\n" in out
    assert "+  a: dHdv\n" in (await kubectl("diff -f x.yaml --show-secrets")).out


async def test_the_server_is_asked_what_it_would_apply(kubectl):
    await kubectl.ok("apply -f x.yaml --server-side", x_yaml=CONFIG)
    done = await kubectl("diff -f x.yaml --server-side", x_yaml=CONFIG.replace("a: b", "c: d"))
    assert "-  a: b\n+  c: d\n" in done.out


async def test_errors_end_with_two_since_one_is_a_difference(kubectl):
    for line in ("diff", "diff x -f x.yaml", "diff -f y.yaml", "diff -f x.yaml", "diff --nothing"):
        done = await kubectl(line, x_yaml="kind: x\n")
        assert (done.out, done.code) == ("", 2)
        assert done.err.startswith("error: ")


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n"]), max_size=25)


@given(LINES, LINES)
def test_changes_turn_one_text_into_the_other(before, after):
    made, at = [], 0
    for left, left_end, right, right_end in changes(before, after):
        assert left < left_end or right < right_end
        made += before[at:left] + after[right:right_end]
        at = left_end
    assert made + before[at:] == after


@given(LINES, LINES)
def test_no_fewer_lines_could_be_changed(before, after):
    found = sum(end - start + to - since for start, end, since, to in changes(before, after))
    longest = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i, one in enumerate(before, 1):
        for j, other in enumerate(after, 1):
            beside = max(longest[i - 1][j], longest[i][j - 1])
            longest[i][j] = longest[i - 1][j - 1] + 1 if one == other else beside
    assert found == len(before) + len(after) - 2 * longest[-1][-1]


@given(LINES, LINES)
def test_hunks_say_how_many_lines_they_have(before, after):
    text = "".join(unified(before, after))
    assert bool(text) == (before != after)
    for head, *lines in (hunk.split("\n") for hunk in re.split(r"^(?=@@)", text, flags=re.MULTILINE)[1:]):
        counts = [int(count or 1) for count in re.findall(r"[-+]\d+(?:,(\d+))?", head)]
        assert counts == [sum(line[:1] in (" ", sign) and line != "" for line in lines) for sign in "-+"]
