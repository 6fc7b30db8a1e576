"""The small programs of the terminal."""

import pytest

from clusters.terminal import programs
from clusters.terminal.files import Files
from clusters.terminal.names import ALIASES, ELSEWHERE, PROGRAMS
from tests.terminal.pages import Page


@pytest.fixture
async def term(cluster):
    files = Files(cluster.pk, "alice")
    await files.write("b.yaml", "kind: B\n")
    await files.write("a.yaml", "kind: A\n")
    return Page(cluster, given={"lesson.yaml": "kind: L\n"})


def test_every_program_is_named_once_and_can_be_run():
    assert set(programs._PROGRAMS) == set(PROGRAMS)
    assert set(ALIASES.values()) <= set(PROGRAMS)
    assert not ELSEWHERE & {*PROGRAMS, *ALIASES}


@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        ("ls", 0, "a.yaml\nb.yaml\nlesson.yaml\n", ""),
        ("ls .", 0, "a.yaml\nb.yaml\nlesson.yaml\n", ""),
        ("ls ./a.yaml", 0, "a.yaml\n", ""),
        ("ls a.yaml x", 2, "a.yaml\n", "ls: cannot access 'x': No such file or directory\n"),
        (
            "ls -l a.yaml lesson.yaml",
            0,
            "-rw-r--r-- 1 you         8 a.yaml\n-r--r--r-- 1 lesson      8 lesson.yaml\n",
            "",
        ),
        ("cat a.yaml ./lesson.yaml", 0, "kind: A\nkind: L\n", ""),
        ("cat x a.yaml", 1, "kind: A\n", "cat: x: No such file or directory\n"),
        ("cat /etc/passwd", 1, "", "cat: /etc/passwd: No such file or directory\n"),
        ("rm", 1, "", "rm: missing operand\n"),
        ("rm x", 1, "", "rm: cannot remove 'x': No such file or directory\n"),
        ("rm -f x", 0, "", ""),
        ("rm lesson.yaml", 1, "", "rm: lesson.yaml belongs to the lesson and stays.\n"),
        ("edit", 2, "", "edit: name one file\n"),
        ("nano a b", 2, "", "nano: name one file\n"),
        ("foo bar", 127, "", "foo: command not found\n"),
        ("k version --client", 0, "Client Version: v1.37.1\nKustomize Version: v5.8.1\n", ""),
    ],
)
async def test_programs_print_what_their_models_print(term, line, code, out, err):
    ran = await term.run(line)
    assert (ran.code, ran.out, ran.err) == (code, out, err)


async def test_files_are_removed(term):
    assert (await term.run("rm a.yaml ./b.yaml")).code == 0
    assert (await term.run("ls")).out == "lesson.yaml\n"


async def test_a_bad_name_is_refused_before_anything_is_written(term):
    ran = await term.run("edit ../a.yaml")
    assert ran.code == 1
    assert ran.err.startswith("edit: A file's name has 1 to 64 letters")
    assert not any("edit" in message for message in term.sent)


async def test_a_given_file_is_edited_as_a_copy(term):
    number = await term.start("edit lesson.yaml")
    edit = (await term.until(lambda message: "edit" in message))["edit"]
    assert edit["text"] == "kind: L\n"
    await term.take(edited={"id": edit["id"], "text": "kind: Mine\n"})
    await term.end(number)
    assert (await term.run("cat lesson.yaml")).out == "kind: Mine\n"
    await term.run("rm lesson.yaml")
    assert (await term.run("cat lesson.yaml")).out == "kind: L\n"


async def test_help_names_every_program(term):
    out = (await term.run("help")).out
    assert all(name in out for name in PROGRAMS)
    assert max(map(len, out.splitlines())) <= 120


async def test_curl_and_ping_run_on_the_laptop(term):
    ran = await term.run("curl http://localhost")
    assert (ran.code, ran.err.startswith("curl: (7) ")) == (7, True)
    ran = await term.run("ping -c 1 127.0.0.1")
    assert (ran.code, ran.out.splitlines()[-2]) == (
        0,
        "1 packets transmitted, 1 received, 0% packet loss, time 0ms",
    )
