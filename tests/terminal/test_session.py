"""One open terminal: one command at a time, and always told how it ended."""

import asyncio

import pytest

from clusters import actions
from clusters.models import Change
from clusters.terminal import command, session
from clusters.terminal.output import MOST, PIECE
from tests.api.caller import in_thread
from tests.terminal.pages import Page, begun, forever


async def test_what_a_command_prints_is_told_with_its_end(term):
    ran = await term.run("kubectl version --client")
    assert (ran.code, ran.notes, ran.err) == (0, [], "")
    assert ran.out.startswith("Client Version: v1.37.1\n")


async def test_a_refused_line_says_why_and_runs_nothing(term):
    ran = await term.run("kubectl delete pods --all; echo done")
    assert (ran.code, ran.out, ran.err) == (2, "", "")
    assert ran.notes == ["One command a line, please."]


@pytest.mark.parametrize("line", ["", "   ", "# a comment"])
async def test_nothing_is_nothing(term, line):
    ran = await term.run(line)
    assert (ran.code, ran.notes, ran.out, ran.err) == (0, [], "", "")


async def test_what_a_person_does_is_in_the_journal_as_his(term, cluster):
    assert (await term.run("kubectl run web --image=nginx")).out == "pod/web created\n"
    change = await Change.objects.aget(cluster=cluster.pk, kind="Pod", name="web")
    assert change.actor == "person:alice"


async def test_one_command_runs_at_a_time(term, program):
    program(forever)
    first = await term.start("test")
    await begun(term)
    second = await term.run("help")
    assert second.notes == ["A command is still running. Ctrl+C stops it."]
    await term.take(interrupt=True)
    assert (await term.end(first)).code == 130
    assert (await term.run("ls")).code == 0


async def test_an_interrupted_command_has_a_chance_to_say_its_last(term, program):
    async def test(words, terminal):
        try:
            return await forever(words, terminal)
        finally:
            terminal.host.out("2 packets transmitted\n")

    program(test)
    number = await term.start("test")
    await begun(term)
    await term.take(interrupt=True)
    ran = await term.end(number)
    assert (ran.code, ran.out) == (130, "begun\n2 packets transmitted\n")


async def test_an_interrupt_without_a_command_is_nothing(term):
    await term.take(interrupt=True)
    assert term.sent == []
    assert (await term.run("ls")).code == 0


async def test_a_watch_ends_by_an_interrupt(term):
    await term.run("kubectl run web --image=nginx")
    number = await term.start("kubectl get pods -w")
    await term.until(lambda message: message.get("id") == number)
    await term.take(interrupt=True)
    ran = await term.end(number)
    assert (ran.code, ran.out.split()[5]) == (130, "web")


async def test_an_interrupt_is_heard_before_a_command_has_begun(term, program):
    program(forever)
    number = await term.start("test")
    await term.take(interrupt=True)
    ran = await term.end(number)
    assert (ran.code, ran.out) == (130, "")


async def test_a_program_that_fails_ends_and_leaks_nothing(term, program, caplog):
    async def test(words, terminal):
        raise ValueError("a secret of ours")

    program(test)
    ran = await term.run("test --token=abc")
    assert (ran.code, ran.out, ran.err) == (1, "", "")
    assert ran.notes == ["Something went wrong in this terminal. The server's log says what."]
    assert "a secret of ours" in caplog.text
    assert "abc" not in caplog.records[0].message
    assert (await term.run("ls")).code == 0


async def test_output_comes_in_order_and_in_bearable_pieces(term, program):
    async def test(words, terminal):
        for number in range(3000):
            terminal.host.out(f"{number:>30}\n")
            if number % 1000 == 0:
                terminal.host.err("é" * 40_000)
        return 0

    program(test)
    ran = await term.run("test")
    assert ran.out == "".join(f"{number:>30}\n" for number in range(3000))
    assert ran.err == "é" * 120_000
    pieces = [message.get("out") or message.get("err") for message in term.sent[:-1]]
    assert max(len(piece.encode()) for piece in pieces) <= PIECE
    assert len(pieces) < 30


async def test_output_is_sent_while_a_command_runs(term, program):
    program(forever)
    number = await term.start("test")
    await begun(term)
    await term.take(interrupt=True)
    await term.end(number)


async def test_output_beyond_a_megabyte_ends_the_command_with_a_note(term, program):
    async def test(words, terminal):
        while True:
            terminal.host.out("é" * 1000)
            await asyncio.sleep(0)

    program(test)
    ran = await term.run("test")
    assert ran.code == 141
    assert ran.notes == ["The output was cut after 1024 KB."]
    assert MOST - 2 <= len(ran.out.encode()) <= MOST


async def test_a_command_reads_what_is_typed(term):
    number = await term.start("cat")
    await term.until(lambda message: message.get("reads"))
    await term.take(input="one\ntwo\n")
    await term.until(lambda message: "two" in message.get("out", ""))
    await term.take(end=True)
    ran = await term.end(number)
    assert (ran.code, ran.out) == (0, "one\ntwo\n")
    assert {"reads": False} in term.sent


async def test_what_is_typed_without_a_command_is_not_for_the_next(term):
    await term.take(input="old\n")
    number = await term.start("cat")
    await term.take(end=True)
    assert (await term.end(number)).out == ""


async def test_too_much_typed_ahead_is_refused(term, program):
    program(forever)
    number = await term.start("test")
    await begun(term)
    await term.take(input="x" * MOST)
    await term.take(input="x")
    assert term.sent[-1] == {"refused": "This is too much to be read at once."}
    await term.take(interrupt=True)
    await term.end(number)


async def test_a_file_is_written_in_the_editor_and_read_by_kubectl(term):
    number = await term.start("edit pod.yaml")
    edit = (await term.until(lambda message: "edit" in message))["edit"]
    assert (edit["name"], edit["text"], edit["saves"]) == ("pod.yaml", "", True)
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
    await term.take(edited={"id": edit["id"], "text": manifest})
    assert (await term.end(number)).code == 0
    assert (await term.run("ls")).out == "pod.yaml\n"
    assert (await term.run("kubectl create -f pod.yaml")).out == "configmap/settings created\n"


async def test_what_is_closed_without_saving_is_not_written(term):
    number = await term.start("vi pod.yaml")
    edit = (await term.until(lambda message: "edit" in message))["edit"]
    await term.take(edited={"id": edit["id"] + 1, "text": "of another"})
    await term.take(edited={"id": edit["id"], "text": None})
    assert (await term.end(number)).code == 0
    assert (await term.run("ls")).out == ""


async def test_files_are_listed_saved_opened_and_removed_by_the_page(term):
    await term.take(save={"name": "a.yaml", "text": "x"})
    listed = {"files": [{"name": "a.yaml", "bytes": 1, "own": True}]}
    await term.take(files=True)
    assert term.sent == [listed, listed]
    await term.take(open="a.yaml")
    assert term.sent[-1] == {"edit": {"name": "a.yaml", "text": "x", "saves": True}}
    await term.take(remove="a.yaml")
    await term.take(remove="a.yaml")
    assert term.sent[-1] == {"files": []}
    await term.take(open="a.yaml")
    assert {"refused": "There is no file a.yaml."} in term.sent


async def test_what_cannot_be_saved_is_not_lost(term):
    await term.take(save={"name": "no good", "text": "much work"})
    refused, edit = term.sent
    assert refused["refused"].startswith("A file's name has")
    assert edit == {"edit": {"name": "no good", "text": "much work", "saves": True}}


async def test_given_files_are_there(cluster):
    term = Page(cluster, given={"rc.yaml": "kind: x\n"})
    assert (await term.run("cat rc.yaml")).out == "kind: x\n"
    await term.take(remove="rc.yaml")
    assert term.sent[-2:] == [
        {"refused": "rc.yaml belongs to the lesson and stays."},
        {"files": [{"name": "rc.yaml", "bytes": 8, "own": False}]},
    ]


async def test_history_has_the_lines_once(term):
    for line in ("ls", "ls", " help ", "", "a | b", "ls"):
        await term.run(line)
    ran = await term.run("history")
    assert ran.out == "    1  ls\n    2  help\n    3  a | b\n    4  ls\n    5  history\n"


async def test_history_is_bounded(term, monkeypatch):
    monkeypatch.setattr(session, "A_SECOND", 10_000)
    term.session._commands = session.Pace()
    for number in range(510):
        await term.run(f"# {number}")
    await term.run("x" * 20_000)
    lines = (await term.run("history")).out.splitlines()
    assert (len(lines), lines[0].split(), lines[-1].split()) == (500, ["1", "#", "11"], ["500", "history"])


async def test_clear_comes_after_what_was_printed(term, program):
    async def test(words, terminal):
        terminal.host.out("before\n")
        await terminal.clear()
        return 0

    program(test)
    await term.run("test")
    assert term.sent[:2] == [{"id": 1, "out": "before\n"}, {"clear": True}]


async def test_korean_keys_are_mapped_back(term):
    ran = await term.run("ㅏㅕㅠㄷㅊ시 ㅎㄷㅅ ㅔㅐㅇㄴ")
    assert ran.notes == ["Keyboard is in Korean mode: did you mean kubectl get pods?"]
    assert ran.out == ran.err == ""


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"what": 1},
        {"run": 7, "id": 1},
        {"run": "ls"},
        {"run": "ls", "id": "1"},
        {"input": None},
        {"complete": "ku", "id": 1},
        {"complete": ["ku"], "cursor": 1, "id": 1},
        {"edited": None},
        {"edited": {"id": 1, "text": 7}},
        {"edited": {"text": "x"}},
        {"save": "a.yaml"},
        {"save": {"name": "a.yaml"}},
        {"save": {"name": "a.yaml", "text": None}},
        {"open": {}},
        {"remove": 0},
        [],
        "run",
        None,
        7,
    ],
)
async def test_what_no_page_sends_is_refused(term, message):
    await term.session.take(message)
    assert term.sent == [{"refused": "This message is not understood."}]


async def test_whoever_pastes_a_hundred_lines_waits_for_his_turn(monkeypatch):
    pace = session.Pace()
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr(session.asyncio, "sleep", sleep)
    for _ in range(session.A_SECOND + 1):
        await pace.turn()
    assert all(seconds <= 0 for seconds in slept[:-1])
    assert 0 < slept[-1] <= 1


async def test_a_person_has_so_many_terminals(cluster):
    pages = [Page(cluster) for _ in range(session.MOST_OPEN + 1)]
    entered = [page.session.enter() for page in pages]
    assert entered == [True] * session.MOST_OPEN + [False]
    assert Page(cluster, "bob").session.enter()
    await pages[-1].session.leave()
    assert not pages[-1].session.enter()
    await pages[0].session.leave()
    assert pages[-1].session.enter()
    session._open.clear()


async def test_who_leaves_stops_his_command(term, program):
    over = asyncio.Event()

    async def test(words, terminal):
        try:
            return await forever(words, terminal)
        finally:
            over.set()

    program(test)
    await term.start("test")
    await begun(term)
    await term.session.leave()
    async with asyncio.timeout(5):
        await over.wait()


async def test_a_command_lives_in_the_clusters_time(term, cluster, program):
    await in_thread(actions.set_clock)(cluster.pk, "alice", speed=20)
    slept = []

    async def test(words, terminal):
        begun = terminal.host.now()
        await terminal.host.sleep(2)
        slept.append(terminal.host.now() - begun)
        return 0

    program(test)
    await term.run("test")
    assert slept[0] >= 2


async def reads_raw(words, terminal):
    while (line := await terminal.host.read_raw()) is not None:
        terminal.host.out(f"read {line!r}\n")
    return 0


async def test_ctrl_c_is_read_by_a_program_elsewhere_that_somebody_types_to(term, program):
    program(reads_raw)
    number = await term.start("test")
    await term.until(lambda message: message == {"reads": True, "echo": False})
    await term.take(input="ls\n")
    await term.take(interrupt=True)
    await term.take(end=True)
    ran = await term.end(number)
    assert (ran.code, ran.out) == (0, "read 'ls\\n'\nread '\\x03'\n")


async def test_ctrl_c_twice_at_once_ends_the_command_whatever_it_reads(term, program):
    program(reads_raw)
    number = await term.start("test")
    await term.until(lambda message: message == {"reads": True, "echo": False})
    await term.take(interrupt=True)
    await term.take(interrupt=True)
    assert (await term.end(number)).code == command.INTERRUPTED
