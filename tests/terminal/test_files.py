"""Files that people write: their own, of a bearable size, and gone with the cluster."""

import pytest

from clusters import actions
from clusters.models import File
from clusters.terminal.files import LARGEST, MOST, Files
from tests.api.caller import in_thread


@pytest.fixture
def files(cluster):
    return Files(cluster.pk, "alice")


@pytest.mark.parametrize("name", ["a.yaml", "A-1_b.txt", "x" * 64, "..x"[2:], "-f"])
async def test_what_is_written_can_be_read(files, name):
    await files.write(name, "kind: Pod\n  ü\n")
    assert await files.read(name) == "kind: Pod\n  ü\n"
    assert await files.names() == [name]
    assert await files.listing() == [(name, 15, True)]


async def test_a_file_is_replaced(files):
    await files.write("a.yaml", "one")
    await files.write("./a.yaml", "")
    assert await files.read("./a.yaml") == ""
    assert await files.names() == ["a.yaml"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".a", "a/b", "/etc/passwd", "../a", "a b", "é", "a\n", "x" * 65, "a\0"]
)
async def test_other_names_are_refused(files, name):
    with pytest.raises(ValueError, match="1 to 64 letters"):
        await files.write(name, "text")
    with pytest.raises(FileNotFoundError):
        await files.read(name)


async def test_a_file_has_a_size(files):
    await files.write("a", "x" * LARGEST)
    with pytest.raises(ValueError, match="at most 256 KB"):
        await files.write("a", "é" * (LARGEST // 2 + 1))
    assert await files.read("a") == "x" * LARGEST


async def test_half_a_character_is_no_text(files):
    with pytest.raises(ValueError, match="no text"):
        await files.write("a", "\ud800")


async def test_there_is_room_for_so_many_files(files):
    for number in range(MOST):
        await files.write(f"file-{number}", "")
    with pytest.raises(ValueError, match="You have 50 files"):
        await files.write("another", "")
    await files.write("file-0", "replaced")
    await files.remove("file-1")
    await files.write("another", "")


async def test_a_file_is_removed_once(files):
    await files.write("a", "")
    await files.remove("./a")
    with pytest.raises(FileNotFoundError):
        await files.remove("a")
    assert await files.names() == []


async def test_nobody_sees_the_files_of_others(cluster, files):
    bob = Files(cluster.pk, "bob")
    await files.write("a", "alice's")
    assert await bob.names() == []
    with pytest.raises(FileNotFoundError):
        await bob.read("a")
    with pytest.raises(FileNotFoundError):
        await bob.remove("a")
    await bob.write("a", "bob's")
    assert await files.read("a") == "alice's"


async def test_a_person_has_other_files_in_another_cluster(cluster, files):
    other = await in_thread(actions.create_cluster)("alice", nodes=1)
    await files.write("a", "here")
    assert await Files(other.pk, "alice").names() == []


async def test_ones_own_file_stands_before_a_given_one(cluster):
    files = Files(cluster.pk, "alice", {"pod.yaml": "given", "rc.yaml": "given"})
    await files.write("pod.yaml", "own")
    assert await files.listing() == [("pod.yaml", 3, True), ("rc.yaml", 5, False)]
    assert [await files.read(name) for name in await files.names()] == ["own", "given"]
    with pytest.raises(ValueError, match="belongs to the lesson"):
        await files.remove("rc.yaml")
    await files.remove("pod.yaml")
    assert await files.read("pod.yaml") == "given"


async def test_files_go_with_their_cluster(cluster, files):
    await files.write("a", "")
    await in_thread(actions.delete_cluster)(cluster.pk)
    assert not await File.objects.aexists()
    await files.write("late", "")
    assert not await File.objects.aexists()
