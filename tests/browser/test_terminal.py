"""The terminal of the cluster's page: a line to type in, what is printed, files and the editor.

The server's side is played by `Fake`, a socket that answers a few made-up commands; the last tests ask the
real one.
"""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_page import create, open_sandbox

SOON = 15_000  # ms
RUNS = "Runs. Ctrl+C stops it."
LEAVES = "Nothing more to complete. Tab again leaves the line."
SOCKET = re.compile(r"/terminal\?")


def open_terminal(page):
    """The page of a new cluster, whose terminal hears what is typed."""
    open_sandbox(page)
    expect(page.locator("#terminal[style]")).to_be_attached()


class Fake:
    """The server's end of the terminal's socket. `heard` is all that the page has said.

    `echo TEXT` prints the text, `hang` runs until it is interrupted, `read` prints what it is given,
    `edit` has a text edited; `answers` holds what else is printed.
    """

    def __init__(self, page):
        self.heard, self.answers, self.candidates, self.running = [], {}, [], 0
        page.route_web_socket(SOCKET, self.accept)

    def accept(self, socket):
        self.socket = socket
        socket.on_message(lambda text: self.hear(json.loads(text)))

    def say(self, **message):
        self.socket.send(json.dumps(message))

    def done(self, *notes):
        self.say(id=self.running, done=0, notes=list(notes))

    def hear(self, message):
        self.heard.append(message)
        if "run" in message:
            self.running = message["id"]
            self.run(*message["run"].partition(" ")[::2])
        elif "complete" in message:
            start = message["complete"].rfind(" ", 0, message["cursor"]) + 1
            self.say(id=message["id"], candidates=self.candidates, start=start)
        elif "interrupt" in message:
            self.say(id=self.running, out="interrupted\n")
            self.done()
        elif "input" in message:
            self.say(id=self.running, out=f"read {message['input']}")
        elif "edited" in message:
            self.say(id=self.running, out=f"{message['edited']['text']!r}\n")
            self.done()
        elif "end" in message:
            self.done()

    def run(self, verb, rest):
        if verb == "hang":
            return
        if verb == "read":
            self.say(reads=True)
            return
        if verb == "edit":
            self.say(edit={"id": 7, "name": "kubectl-edit-1.yaml", "text": "a: 1\n", "saves": True})
            return
        text = f"{rest}\n" if verb == "echo" else self.answers.get(f"{verb} {rest}".strip(), "")
        if text:
            self.say(id=self.running, out=text)
        self.done()


@pytest.fixture
def fake(page):
    return Fake(page)


@pytest.fixture
def terminal(fake, page):
    """The page with its terminal's line focused."""
    open_terminal(page)
    line(page).focus()
    return page


def line(page):
    return page.get_by_role("textbox", name="Command")


def log(page):
    return page.get_by_role("log", name="Output")


def enter(page, text):
    line(page).fill(text)
    line(page).press("Enter")


def printed(page):
    return log(page).evaluate("log => log.textContent")


def test_a_command_is_run_and_its_output_is_text(terminal, fake):
    enter(terminal, "echo <b>bold</b> & <script>alert(1)</script>")
    expect(log(terminal)).to_contain_text("<b>bold</b> & <script>alert(1)</script>")
    assert printed(terminal) == (
        "$ echo <b>bold</b> & <script>alert(1)</script>\n<b>bold</b> & <script>alert(1)</script>\n"
    )
    assert fake.heard == [{"run": "echo <b>bold</b> & <script>alert(1)</script>", "id": 1}]
    expect(line(terminal)).to_have_value("")
    expect(line(terminal)).to_be_focused()


def test_colours_leave_the_text_as_it_is(fake, page):
    open_terminal(page)
    create(page, 1)
    pod = page.locator('#map [data-kind="Pod"]')
    name, ip = pod.get_attribute("data-name"), pod.get_attribute("data-ip")
    table = (
        "NAME          READY   STATUS             RESTARTS   IP\n"
        f"{name}   1/1     Running            0          {ip}\n"
        "broken        0/1     ImagePullBackOff   0          <none>\n"
    )
    fake.answers["get"] = table
    enter(page, "get")
    expect(log(page)).to_contain_text("broken")
    assert printed(page) == f"$ get\n{table}"
    expect(page.locator(".t-head")).to_have_text(table.split("\n")[0])
    expect(page.locator(".t-run")).to_have_text("Running")
    expect(page.locator(".t-fail")).to_have_text("ImagePullBackOff")
    page.locator(".t-ip", has_text=ip).hover()
    expect(page.locator("#map [data-pointed]")).to_have_attribute("data-name", name)
    page.locator(".t-pod", has_text=name).click()
    expect(page.locator("#map [data-selected]")).to_have_attribute("data-name", name)
    expect(page.locator("#map [data-pointed]")).to_have_count(0)


def test_notes_follow_the_output_and_are_never_copied(terminal, fake, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    enter(terminal, "hang")
    expect(line(terminal)).to_have_attribute("placeholder", RUNS)
    fake.say(id=fake.running, out="one\ntwo\n")
    fake.done("Two is more than one.")
    enter(terminal, "echo three")
    expect(log(terminal)).to_contain_text("↳ Two is more than one.")
    expect(log(terminal)).to_contain_text("echo three")
    wanted = "$ hang\none\ntwo\n$ echo three\nthree\n"
    clipboard = "navigator.clipboard.readText()"
    terminal.get_by_role("button", name="Copy the output").click()
    expect(terminal.locator(".toast")).to_contain_text("Copied")
    assert terminal.evaluate(clipboard) == wanted
    log(terminal).evaluate("log => getSelection().selectAllChildren(log)")
    terminal.keyboard.press("Control+c")
    assert terminal.evaluate(clipboard) == wanted
    assert not [message for message in fake.heard if "interrupt" in message]


def test_lines_are_recalled_also_by_the_next_page(terminal):
    for text in ("echo one", "echo two", "echo two"):
        enter(terminal, text)
    expect(log(terminal)).to_contain_text("two\n$ echo two\ntwo")
    terminal.reload()
    line(terminal).fill("half")
    for key, shown in [
        ("ArrowUp", "echo two"),
        ("ArrowUp", "echo one"),
        ("ArrowUp", "echo one"),
        ("ArrowDown", "echo two"),
        ("ArrowDown", "half"),
        ("ArrowDown", "half"),
    ]:
        line(terminal).press(key)
        expect(line(terminal)).to_have_value(shown)


def test_keys_of_an_input_method_are_left_alone(terminal, fake):
    line(terminal).fill("echo 파드")
    for field in ("isComposing: true", "keyCode: 229"):
        left = line(terminal).evaluate(
            f"input => ['Enter', 'Tab', 'ArrowUp'].every(key => input.dispatchEvent("
            f"new KeyboardEvent('keydown', {{key, {field}, bubbles: true, cancelable: true}})))"
        )
        assert left
    assert not fake.heard
    line(terminal).press("Enter")
    expect(log(terminal)).to_contain_text("$ echo 파드\n파드")


class TestTab:
    def test_completes_the_only_candidate(self, terminal, fake):
        fake.candidates = ["pods "]
        line(terminal).fill("kubectl get po")
        line(terminal).press("Tab")
        expect(line(terminal)).to_have_value("kubectl get pods ")
        assert fake.heard == [{"complete": "kubectl get po", "cursor": 14, "id": 1}]

    def test_inserts_what_candidates_share_lists_them_and_then_leaves(self, terminal, fake):
        fake.candidates = ["kubia-7x84b ", "kubia-jfk4n "]
        line(terminal).fill("kubectl delete pod k")
        line(terminal).press("Tab")
        expect(line(terminal)).to_have_value("kubectl delete pod kubia-")
        listed = terminal.locator(".terminal-candidates")
        expect(listed).to_have_text("kubia-7x84b   kubia-jfk4n")
        line(terminal).press("Tab")
        expect(listed).to_have_text(f"kubia-7x84b   kubia-jfk4n   {LEAVES}")
        expect(line(terminal)).to_be_focused()
        line(terminal).press("Tab")
        expect(line(terminal)).not_to_be_focused()
        expect(line(terminal)).to_have_value("kubectl delete pod kubia-")

    def test_lets_one_of_the_candidates_be_chosen_by_pointer(self, terminal, fake):
        fake.candidates = ["kubia-7x84b ", "kubia-jfk4n "]
        line(terminal).fill("kubectl delete pod k")
        line(terminal).press("Tab")
        terminal.get_by_text("kubia-jfk4n").click()
        expect(line(terminal)).to_have_value("kubectl delete pod kubia-jfk4n ")
        expect(line(terminal)).to_be_focused()
        expect(terminal.locator(".terminal-candidates")).to_be_empty()

    def test_keeps_what_stands_behind_the_cursor(self, terminal, fake):
        fake.candidates = ["get "]
        line(terminal).fill("g pods")
        line(terminal).press("Home")
        line(terminal).press("ArrowRight")
        line(terminal).press("Tab")
        expect(line(terminal)).to_have_value("get  pods")
        assert line(terminal).evaluate("input => input.selectionStart") == 4

    @pytest.mark.parametrize("text", ["", "   "])
    def test_leaves_an_empty_line(self, terminal, text):
        line(terminal).fill(text)
        line(terminal).press("Tab")
        expect(line(terminal)).not_to_be_focused()
        assert terminal.evaluate(
            "!!(document.getElementById('command').compareDocumentPosition(document.activeElement)"
            " & Node.DOCUMENT_POSITION_FOLLOWING)"
        )

    @pytest.mark.parametrize("text", ["nothing like it", "hang"])
    def test_says_that_nothing_is_completed_before_it_leaves(self, terminal, text):
        if text == "hang":
            enter(terminal, text)
            expect(line(terminal)).to_have_attribute("placeholder", RUNS)
        line(terminal).fill(text)
        line(terminal).press("Tab")
        expect(terminal.get_by_text(LEAVES)).to_be_in_viewport()
        expect(line(terminal)).to_be_focused()
        line(terminal).press("Tab")
        expect(line(terminal)).not_to_be_focused()
        expect(line(terminal)).to_have_value(text)

    def test_goes_back_with_shift(self, terminal, fake):
        fake.candidates = ["pods "]
        line(terminal).fill("kubectl get po")
        line(terminal).press("Shift+Tab")
        expect(terminal.get_by_role("button", name="Files")).to_be_focused()


class TestControlKeys:
    def test_c_interrupts_what_runs_and_drops_what_waits(self, terminal, fake):
        enter(terminal, "hang")
        enter(terminal, "echo never")
        expect(terminal.locator(".terminal-waiting")).to_have_text("$ echo never")
        line(terminal).press("Control+c")
        expect(log(terminal)).to_contain_text("$ hang\n^C\ninterrupted")
        expect(terminal.locator(".terminal-waiting")).to_be_empty()
        enter(terminal, "echo after")
        expect(log(terminal)).to_contain_text("after")
        assert "never" not in printed(terminal)

    def test_c_gives_up_the_line_but_copies_what_is_selected(self, terminal, fake):
        line(terminal).fill("kubectl delete all")
        line(terminal).press("Control+a")
        line(terminal).press("Control+c")
        expect(line(terminal)).to_have_value("kubectl delete all")
        line(terminal).press("End")
        line(terminal).press("Control+c")
        expect(line(terminal)).to_have_value("")
        expect(log(terminal)).to_have_text("$ kubectl delete all^C")
        assert not fake.heard

    def test_l_clears_and_u_empties_up_to_the_cursor(self, terminal):
        enter(terminal, "echo gone")
        expect(log(terminal)).to_contain_text("gone")
        line(terminal).fill("abcd")
        line(terminal).press("ArrowLeft")
        line(terminal).press("Control+u")
        expect(line(terminal)).to_have_value("d")
        line(terminal).press("Control+l")
        expect(log(terminal)).to_be_empty()

    def test_d_ends_the_input(self, terminal):
        enter(terminal, "read")
        expect(terminal.locator(".prompt")).to_be_empty()
        enter(terminal, "one")
        expect(log(terminal)).to_have_text("$ read\none\nread one")
        line(terminal).press("Control+d")
        expect(terminal.locator(".prompt")).to_have_text("$")


def test_a_command_may_print_by_itself_what_it_reads(terminal, fake):
    enter(terminal, "hang")
    fake.say(reads=True, echo=False)
    expect(terminal.locator(".prompt")).to_be_empty()
    enter(terminal, "hostname")
    expect(log(terminal)).to_have_text("$ hang\nread hostname")
    line(terminal).press("Control+c")
    expect(log(terminal)).to_have_text("$ hang\nread hostname\ninterrupted")


def test_what_is_typed_to_a_program_stands_behind_its_prompt_and_is_recalled_there(terminal, fake):
    enter(terminal, "hang")
    fake.say(reads=True, echo=False)
    fake.say(id=1, out="one\nroot@kubia:/# ")
    expect(terminal.locator(".terminal-tail")).to_have_text("root@kubia:/#")
    end = log(terminal).bounding_box()
    box = line(terminal).bounding_box()
    assert box["y"] + box["height"] == pytest.approx(end["y"] + end["height"], abs=2)
    assert box["x"] > end["x"] + 60
    enter(terminal, "hostname")
    enter(terminal, "ls")
    for key, shown in [
        ("ArrowUp", "ls"),
        ("ArrowUp", "hostname"),
        ("ArrowUp", "hostname"),
        ("ArrowDown", "ls"),
    ]:
        line(terminal).press(key)
        expect(line(terminal)).to_have_value(shown)
    fake.done()
    expect(terminal.locator(".prompt")).to_have_text("$")
    line(terminal).press("ArrowUp")
    expect(line(terminal)).to_have_value("hang")


def test_lines_that_are_pasted_run_one_after_the_other(terminal, fake):
    line(terminal).fill("echo ")
    terminal.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const paste = new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(paste);
        }""",
        "one\r\n\r\necho two\nhang\necho three\necho fo",
    )
    expect(line(terminal)).to_have_value("echo fo")
    expect(log(terminal)).to_contain_text("$ hang")
    expect(terminal.locator(".terminal-waiting")).to_have_text("$ echo three")
    fake.done()
    expect(log(terminal)).to_contain_text("$ echo three\nthree")
    assert printed(terminal) == "$ echo one\none\n$ \n$ echo two\ntwo\n$ hang\n$ echo three\nthree\n"


class TestTheConnection:
    def test_is_opened_only_for_somebody_who_wants_it(self, fake, page):
        open_terminal(page)
        assert not hasattr(fake, "socket")
        page.get_by_role("button", name="help").click()
        expect(log(page)).to_contain_text("$ help")

    def test_is_opened_again_and_what_was_typed_meanwhile_runs(self, terminal, fake):
        enter(terminal, "hang")
        expect(log(terminal)).to_contain_text("$ hang")
        fake.socket.close()
        enter(terminal, "echo later")
        expect(log(terminal)).to_contain_text("Look what became of it before you run it again.")
        expect(log(terminal)).to_contain_text("Connected again.", timeout=SOON)
        expect(log(terminal)).to_contain_text("$ echo later\nlater")

    def test_is_not_tried_again_all_the_time(self, new_context):
        page = new_context().new_page()
        tried = []
        open_terminal(page)
        page.route_web_socket(SOCKET, lambda socket: tried.append(socket) or socket.close())
        page.clock.install()
        line(page).focus()
        enter(page, "kubectl get pods")
        expect(page.locator(".terminal-waiting")).to_have_text("$ kubectl get pods")
        page.clock.run_for(3000)
        assert 1 < len(tried) < 8


class TestTheOutput:
    def test_stays_at_its_end_unless_the_reader_has_scrolled_up(self, terminal, fake):
        body = terminal.locator(".terminal-body")
        below = "body => body.scrollHeight - body.scrollTop - body.clientHeight"
        enter(terminal, "hang")
        fake.say(id=1, out="line\n" * 300)
        expect(log(terminal)).to_contain_text("line")
        assert abs(body.evaluate(below)) <= 1
        body.evaluate("body => body.scrollTop = 100")
        fake.say(id=1, out="and more\n")
        expect(log(terminal)).to_contain_text("and more")
        assert body.evaluate("body => body.scrollTop") == 100
        line(terminal).press("Control+c")
        enter(terminal, "echo at the end")
        expect(log(terminal)).to_contain_text("at the end")
        assert abs(body.evaluate(below)) <= 1

    def test_is_not_kept_without_end(self, terminal, fake):
        enter(terminal, "hang")
        for number in range(20):
            fake.say(id=1, out=f"{'x' * 60} {number}\n" * 500)
        fake.say(id=1, out="the last line\n")
        expect(log(terminal)).to_contain_text("the last line")
        text = printed(terminal)
        assert 3000 < text.count("\n") < 6000
        assert len(text) < 1_000_000

    def test_of_one_line_is_pushed_sideways_and_the_line_stays(self, terminal, fake):
        enter(terminal, f"echo {'wide ' * 100}")
        body = terminal.locator(".terminal-body")
        expect(body).to_have_attribute("data-more", "")
        before = line(terminal).bounding_box()
        body.evaluate("body => body.scrollLeft = body.scrollWidth")
        expect(body).not_to_have_attribute("data-more", "")
        assert line(terminal).bounding_box() == before

    def test_of_errors_is_wrapped_and_stays_the_same_text(self, terminal, fake):
        enter(terminal, "hang")
        message = f"error: {'long ' * 60}\n"
        fake.say(id=1, err=message)
        expect(log(terminal)).to_contain_text("error")
        expect(terminal.locator(".terminal-body")).not_to_have_attribute("data-more", "")
        assert printed(terminal) == f"$ hang\n{message}"

    def test_is_read_aloud_unless_it_is_long(self, terminal, fake):
        expect(log(terminal)).to_have_attribute("aria-live", "off")
        aloud = terminal.get_by_role("status").and_(terminal.locator(".terminal-spoken"))
        enter(terminal, "echo short")
        expect(aloud).to_have_text("short")
        enter(terminal, "hang")
        fake.say(id=2, out="line\n" * 1000)
        fake.done("That was much.")
        expect(aloud).to_have_text("1001 lines of output line That was much.")

    def test_that_does_not_end_its_line_is_followed_by_a_new_one(self, terminal, fake):
        fake.answers["curl web"] = "You've hit kubia"
        enter(terminal, "curl web")
        enter(terminal, "echo next")
        expect(log(terminal)).to_contain_text("next")
        assert printed(terminal) == "$ curl web\nYou've hit kubia\n$ echo next\nnext\n"


class TestTheEditor:
    def test_saves_for_the_command_that_waits(self, terminal, fake):
        enter(terminal, "edit")
        editor = terminal.get_by_role("dialog", name="kubectl-edit-1.yaml")
        text = editor.get_by_role("textbox", name="kubectl-edit-1.yaml")
        expect(text).to_be_focused()
        text.fill("a: 2\n")
        text.press("Control+s")
        expect(editor).to_be_hidden()
        expect(log(terminal)).to_contain_text("'a: 2\\n'")
        expect(line(terminal)).to_be_focused()

    def test_asks_before_it_throws_away_what_was_changed(self, terminal, fake):
        enter(terminal, "edit")
        editor = terminal.get_by_role("dialog", name="kubectl-edit-1.yaml")
        text = editor.get_by_role("textbox", name="kubectl-edit-1.yaml")
        text.fill("a: 3\n")
        for key in ("Escape", "Escape"):
            terminal.keyboard.press(key)
            expect(text).to_have_value("a: 3\n")
        expect(text).to_be_focused()
        editor.get_by_role("button", name="Close", exact=True).click()
        expect(editor.get_by_role("alert")).to_have_text("You have changed it. Close without saving?")
        editor.get_by_role("button", name="Close without saving").click()
        expect(editor).to_be_hidden()
        expect(log(terminal)).to_contain_text("None")

    def test_is_no_trap_for_tab(self, terminal):
        enter(terminal, "edit")
        editor = terminal.get_by_role("dialog", name="kubectl-edit-1.yaml")
        expect(editor.get_by_role("textbox")).to_be_focused()
        terminal.keyboard.press("Tab")
        expect(editor.get_by_role("button", name="Save")).to_be_focused()
        terminal.keyboard.press("Escape")
        expect(editor).to_be_hidden()

    def test_keeps_the_text_when_the_command_is_lost(self, terminal, fake):
        enter(terminal, "edit")
        editor = terminal.get_by_role("dialog", name="kubectl-edit-1.yaml")
        editor.get_by_role("textbox").fill("a: 4\n")
        fake.socket.close()
        expect(editor.get_by_role("alert")).to_contain_text("Copy your text to keep it.")
        expect(editor.get_by_role("button", name="Save")).to_be_disabled()
        expect(editor.get_by_role("textbox")).to_have_value("a: 4\n")

    def test_lists_opens_deletes_and_makes_files(self, terminal, fake):
        terminal.get_by_role("button", name="Files").click()
        files = terminal.get_by_role("dialog", name="Files")
        fake.say(files=[])
        expect(files).to_contain_text("No files yet.")
        fake.say(files=[{"name": "rc.yaml", "bytes": 312}])
        files.get_by_role("button", name="Delete rc.yaml").click()
        files.get_by_role("button", name="Open rc.yaml").click()
        files.get_by_label("New file").fill("pod.yaml")
        files.get_by_role("button", name="Create").click()
        terminal.get_by_role("textbox", name="pod.yaml").fill("kind: Pod\n")
        terminal.get_by_role("button", name="Save").click()
        expect(terminal.get_by_role("dialog")).to_have_count(0)
        enter(terminal, "echo heard")
        expect(log(terminal)).to_contain_text("heard")
        assert fake.heard[:4] == [
            {"files": True},
            {"remove": "rc.yaml"},
            {"open": "rc.yaml"},
            {"save": {"name": "pod.yaml", "text": "kind: Pod\n"}},
        ]

    def test_says_why_a_file_was_not_saved_and_keeps_the_text(self, terminal, fake):
        terminal.get_by_role("button", name="Files").click()
        files = terminal.get_by_role("dialog", name="Files")
        files.get_by_label("New file").fill("?.yaml")
        files.get_by_role("button", name="Create").click()
        text = terminal.get_by_role("textbox", name="?.yaml")
        text.fill("kind: Pod\n")
        text.press("Control+s")
        fake.say(refused="A file's name has letters.")
        fake.say(edit={"name": "?.yaml", "text": "kind: Pod\n", "saves": True})
        editor = terminal.get_by_role("dialog", name="?.yaml")
        expect(editor.get_by_role("alert")).to_have_text("A file's name has letters.")
        expect(text).to_have_value("kind: Pod\n")
        terminal.keyboard.press("Escape")
        enter(terminal, "edit")
        expect(terminal.locator("#editor .error")).to_be_empty()


class TestThePage:
    def test_goes_to_the_terminal_and_back_by_keys(self, fake, page):
        open_terminal(page)
        page.locator("#map .node [role=button][tabindex='0']").first.focus()
        page.keyboard.press("`")
        expect(line(page)).to_be_focused()
        expect(line(page)).to_have_value("")
        page.keyboard.type("k ?/123")
        expect(line(page)).to_have_value("k ?/123")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(page.locator("#map .node [role=button][tabindex='0']").first).to_be_focused()

    @pytest.mark.parametrize("width", [1440, 1300])
    def test_shows_the_terminal_beside_the_lifelines(self, fake, page, width):
        page.set_viewport_size({"width": width, "height": 900})
        open_terminal(page)
        left, right = page.locator("#terminal").bounding_box(), page.locator(".chart").bounding_box()
        assert left["x"] == 272
        assert right["x"] == left["x"] + left["width"]
        assert (left["y"], left["height"]) == (right["y"], right["height"])
        assert left["width"] == pytest.approx(546 if width == 1440 else 0.44 * (width - 272), abs=1)

    @pytest.mark.parametrize("width", [1024, 768])
    def test_has_tabs_below_the_map_of_a_smaller_window(self, fake, page, width):
        page.set_viewport_size({"width": width, "height": 800})
        open_terminal(page)
        tabs = page.get_by_role("group", name="Below the map")
        expect(tabs.get_by_role("button", name="Lifelines")).to_have_attribute("aria-current", "page")
        expect(line(page)).to_be_hidden()
        tabs.get_by_role("button", name="Terminal").click()
        expect(line(page)).to_be_visible()
        expect(page.locator("#lifelines")).to_be_hidden()
        expect(page.locator("#map")).to_be_visible()

    def test_has_a_tab_of_a_phone_with_keys_and_commands(self, new_context):
        page = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
        fake = Fake(page)
        fake.answers["kubectl get pods"] = "No resources found in default namespace.\n"
        open_terminal(page)
        page.get_by_role("navigation", name="Parts of the page").get_by_role("button", name="Terminal").tap()
        keys = page.get_by_role("group", name="Keys and commands")
        for chip in keys.get_by_role("button").all():
            assert chip.bounding_box()["height"] >= 44
        keys.get_by_role("button", name="kubectl get pods", exact=True).tap()
        expect(log(page)).to_contain_text("No resources found")
        keys.get_by_role("button", name="Command before").tap()
        expect(line(page)).to_have_value("kubectl get pods")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        below = page.locator(".terminal-chips").bounding_box()
        assert below["y"] + below["height"] == page.locator(".dock").bounding_box()["y"]

    def test_keeps_the_size_of_the_text(self, terminal):
        terminal.get_by_label("Text size").select_option("14")
        terminal.reload()
        assert line(terminal).evaluate("input => getComputedStyle(input).fontSize") == "14px"

    def test_says_when_the_book_mode_is_on(self, page):
        open_terminal(page)
        page.locator("summary", has_text="Nodes and cloud").click()
        page.get_by_label("Book mode").check()
        expect(page.locator("#banners")).to_contain_text("Book mode: commands of the book work here")
        expect(page.locator('#map [data-chip="runtime"]').first).to_contain_text("Docker")
        page.get_by_label("Book mode").uncheck()
        expect(page.locator("#banners")).not_to_contain_text("Book mode")


class TestTheRealOne:
    def test_runs_kubectl_and_the_map_follows(self, page):
        open_terminal(page)
        enter(page, "kubectl get pods")
        expect(log(page)).to_have_text("$ kubectl get pods\nNo resources found in default namespace.")
        enter(page, "kubectl run web --image=nginx")
        expect(log(page)).to_contain_text("pod/web created")
        expect(page.locator('#map [data-kind="Pod"]')).to_have_attribute("data-name", "web")
        line(page).fill("kubectl describe pod w")
        line(page).press("Tab")
        expect(line(page)).to_have_value("kubectl describe pod web ")

    def test_keeps_files_that_commands_find(self, page):
        open_terminal(page)
        page.get_by_role("button", name="Files").click()
        page.get_by_label("New file").fill("pod.yaml")
        page.get_by_role("button", name="Create", exact=True).click()
        manifest = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n"
        page.get_by_role("textbox", name="pod.yaml").fill(f"{manifest}    image: nginx\n")
        page.get_by_role("button", name="Save").click()
        enter(page, "kubectl create -f pod.yaml")
        expect(log(page)).to_contain_text("pod/web created")
        page.get_by_role("button", name="Files").click()
        expect(page.get_by_role("button", name="Open pod.yaml")).to_be_visible()
