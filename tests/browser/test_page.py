"""The cluster's page in a real browser: keyboard, touch, frames, a lost connection, every width and theme."""

import re

import pytest
from playwright.sync_api import expect

SOON = 15_000  # ms
READY = '#map [data-kind="Pod"][data-state="ready"]'
WIDTHS = {1440: 900, 1300: 800, 1024: 768, 768: 1000, 390: 844, 320: 640}

# What a section shows, line by line, without what is the page's own: focus, selection, the time.
SHOWN = """id => {
    const own = ["data-htmx-powered", "data-selected", "tabindex", "style", "data-due", "data-over"];
    const attributes = element => [...element.attributes]
        .filter(({name, value}) => !own.includes(name) && !(name === "class" && value === ""))
        .map(({name, value}) => `${name}=${value}`).sort().join(" ");
    const lines = (node, depth) => {
        if (node.nodeType === Node.TEXT_NODE) return node.data.trim() ? [depth + node.data.trim()] : [];
        if (node.nodeType !== Node.ELEMENT_NODE || node.matches(".gone, .percent, [data-text]")) return [];
        const inside = [...node.childNodes].flatMap(child => lines(child, depth + " "));
        return [`${depth}${node.tagName} ${attributes(node)}`, ...inside];
    };
    return lines(document.getElementById(id), "");
}"""
SECTIONS = ["map", "map-table", "map-summary", "controls", "banners", "guide"]
SECTIONS += ["workloads", "nodes", "cloud", "book", "faults", "stopped"]


def open_sandbox(page):
    page.goto("/")
    page.get_by_role("button", name="Open the sandbox").click()
    expect(page.locator("html[data-live]")).to_be_attached(timeout=SOON)
    # The socket may be faster than the scripts that listen to keys.
    page.wait_for_load_state("load")
    return page


def command(page, path, **fields):
    """A command of this person, as if from another of his tabs."""
    base = page.evaluate("document.getElementById('live').dataset.base")
    values = [base + path, {name: str(value) for name, value in fields.items()}]
    page.evaluate(
        "([path, values]) => htmx.ajax('POST', path, {source: '#live', swap: 'none', values})", values
    )


def create(page, replicas=3):
    command(page, "/replicationcontrollers/", name="kubia", image="luksa/kubia", replicas=replicas)
    expect(page.locator(READY)).to_have_count(replicas, timeout=SOON)


@pytest.fixture
def sandbox(page):
    return open_sandbox(page)


@pytest.fixture
def pods(sandbox):
    create(sandbox)
    return sandbox


def focused(page):
    return page.evaluate(
        "(document.activeElement.closest('[data-kind]') ?? document.activeElement).dataset.name ?? ''"
    )


def test_old_page_and_frames_make_the_fresh_page(pods):
    page = pods
    command(page, "/clock", speed=5)
    command(
        page,
        "/services/",
        controller="ReplicationController/default/kubia",
        name="kubia",
        type="LoadBalancer",
        port=80,
        target_port=8080,
    )
    name = page.locator(READY).first.get_attribute("data-name")
    command(page, f"/pods/default/{name}/kill")
    command(page, "/nodes/")
    command(page, "/replicationcontrollers/default/kubia/scale", replicas=7)
    command(page, "/nodes/node-2/power", on=0)
    expect(page.locator('#map [data-kind="Node"]')).to_have_count(4)
    expect(page.locator('#map [data-kind="Pod"]')).to_have_count(7, timeout=SOON)
    expect(page.locator('#map [data-kind="Service"]')).not_to_have_attribute(
        "data-external-ip", "", timeout=SOON
    )
    command(page, "/clock", paused=1)
    expect(page.locator("#banners")).to_contain_text("Time stands still")
    page.wait_for_timeout(7000)  # until the outlines of what is gone are gone, too
    old = {section: page.evaluate(SHOWN, section) for section in SECTIONS}
    page.reload()
    for section in SECTIONS:
        assert page.evaluate(SHOWN, section) == old[section]


def test_frames_keep_drawings_drawings(pods):
    page = pods
    for replicas in (9, 40, 2):
        command(page, "/replicationcontrollers/default/kubia/scale", replicas=replicas)
        expect(page.locator('#map [data-kind="Pod"]:not([data-state="terminating"])')).to_have_count(
            replicas, timeout=SOON
        )
        foreign = (
            "[...document.querySelectorAll('svg *')].filter(e => e.namespaceURI !== 'http://www.w3.org/2000/svg')"
            ".map(e => e.outerHTML)"
        )
        assert page.evaluate(foreign) == []


def test_what_moves_into_a_new_parent_is_still_drawn(pods):
    page = pods
    page.evaluate(
        """() => {
            const map = document.getElementById("map").cloneNode(true);
            // What travels is not the server's.
            map.querySelector("#packets").replaceChildren();
            const pod = map.querySelector('[data-kind="Pod"]');
            const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
            node.id = "node-new";
            node.append(pod);
            map.append(node);
            const text = `<hx-partial hx-target="#map" hx-swap="outerMorph">${map.outerHTML}</hx-partial>`;
            htmx.swap({sourceElement: document.getElementById("live"), swap: "none", text});
        }"""
    )
    expect(page.locator("#node-new")).to_have_count(1)
    assert page.evaluate("document.getElementById('node-new').namespaceURI") == "http://www.w3.org/2000/svg"
    expect(page.locator('#node-new [data-kind="Pod"]')).to_have_count(1)
    expect(page.locator('#map [data-kind="Pod"]')).to_have_count(3)
    assert page.evaluate("[...document.querySelectorAll('#map *')].every(e => e instanceof SVGElement)")


def test_a_frame_moves_the_same_elements(pods):
    page = pods
    name = page.locator(READY).first.get_attribute("data-name")
    page.evaluate("name => { window.kept = document.querySelector(`#map [data-name='${name}']`) }", name)
    command(page, "/nodes/")
    expect(page.locator('#map [data-kind="Node"]')).to_have_count(4)
    assert page.evaluate("name => window.kept === document.querySelector(`#map [data-name='${name}']`)", name)


def test_the_keyboard_walks_selects_and_kills(pods):
    page = pods
    page.locator("#map .node [role=button][tabindex='0']").first.focus()
    assert focused(page) == "node-1"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "node-2"
    page.keyboard.press("End")
    assert focused(page) == "node-3"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    name = focused(page)
    assert name.startswith("kubia-")
    page.keyboard.press("Enter")
    expect(page.locator("#inspector")).to_have_attribute("data-name", name)
    expect(page.locator(f'#map [data-name="{name}"]')).to_have_attribute("data-selected", "")
    page.keyboard.press("k")
    expect(page.locator(f'#map [data-name="{name}"]')).to_have_attribute("data-state", "terminating")
    page.keyboard.press("Escape")
    expect(page.locator("#map [data-selected]")).to_have_count(0)
    expect(page.locator("#inspector")).to_contain_text("Nothing selected")


def test_tab_goes_from_a_pod_to_its_kill_button(pods):
    page = pods
    page.locator("#map .node [role=button][tabindex='0']").first.focus()
    page.keyboard.press("ArrowDown")
    name = focused(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=f"Kill pod {name}").first).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(f'#map [data-name="{name}"]')).to_have_attribute("data-state", "terminating")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "false")


def test_single_keys_command_and_can_be_switched_off(sandbox):
    page = sandbox
    page.locator("body").press("Space")
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#banners")).to_contain_text("Time stands still")
    page.locator("body").press("Space")
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "false")
    page.locator("body").press("3")
    expect(page.get_by_role("button", name="20×")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Name").first.press("2")
    page.get_by_label("Settings").click()
    page.get_by_label("Single keys").uncheck()
    page.keyboard.press("Escape")
    page.locator("body").press("1")
    page.wait_for_timeout(300)
    expect(page.get_by_role("button", name="20×")).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.locator("body").press("1")
    page.wait_for_timeout(300)
    expect(page.get_by_role("button", name="20×")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_a_pod_is_found_by_a_part_of_its_address(pods, key):
    page = pods
    pod = page.locator(READY).nth(1)
    name, address = pod.get_attribute("data-name"), pod.get_attribute("data-ip")
    page.locator("body").press(key)
    dialog = page.get_by_role("dialog", name="Find a pod, node or IP")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("node-")
    expect(dialog.get_by_role("status")).to_have_text("3 found")
    dialog.get_by_role("textbox").fill(address)
    expect(dialog.get_by_role("button", name=f"Pod · {name} · {address}")).to_be_visible()
    dialog.get_by_role("textbox").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator(f'#map [data-name="{name}"]')).to_have_attribute("data-selected", "")
    assert focused(page) == name
    page.locator("body").press(key)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(f'#map [data-name="{name}"]')).to_have_attribute("data-selected", "")


def test_focus_stays_near_when_its_pod_goes(sandbox):
    page = sandbox
    create(page, 6)
    node = page.locator('#map [data-kind="Node"][data-name="node-1"]')
    names = node.locator('[data-kind="Pod"]').evaluate_all("all => all.map(p => p.dataset.name)")
    assert len(names) == 2
    node.locator('[data-kind="Pod"]').first.get_by_role("button").first.focus()
    command(page, f"/pods/default/{names[0]}/kill", force=1)
    expect(page.locator(f'#map [data-name="{names[0]}"]')).to_have_count(0)
    assert focused(page) == names[1]


def test_the_clock_runs_by_itself(sandbox):
    page = sandbox
    command(page, "/clock", speed=20)
    clock = page.locator("#clock")
    expect(clock).to_have_attribute("data-speed", "20")
    before = page.evaluate("lifelinesClock.now()")
    page.wait_for_timeout(1000)
    assert 18 < page.evaluate("lifelinesClock.now()") - before < 26
    command(page, "/clock", paused=1)
    expect(clock).to_have_attribute("data-paused", "true")
    text = clock.inner_text()
    page.wait_for_timeout(600)
    assert clock.inner_text() == text


def test_a_lost_connection_is_told_and_made_good(page):
    refuse, sockets = [], []

    def handle(socket):
        if refuse:
            socket.close()
        else:
            sockets.append(socket)
            socket.connect_to_server()

    page.route_web_socket(re.compile("/live"), handle)
    open_sandbox(page)
    refuse.append(True)
    sockets[-1].close()
    banner = page.locator("#connection")
    expect(banner).to_contain_text(re.compile(r"Connection lost\. Trying again in \d+ s\."), timeout=SOON)
    expect(banner).to_be_visible()
    expect(page.locator("#assertive")).to_have_text("Connection lost.")
    expect(page.locator("html[data-live]")).to_have_count(0)
    command(page, "/nodes/")
    refuse.clear()
    page.get_by_role("button", name="Retry now").click()
    expect(banner).to_be_hidden()
    expect(page.locator('#map [data-kind="Node"]')).to_have_count(4)


def test_a_wrong_manifest_is_explained_and_stays(sandbox):
    page = sandbox
    page.get_by_text("YAML", exact=True).first.click()
    text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers: []\n"
    page.get_by_label("YAML", exact=True).fill(text)
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".form-answer .error:visible")).to_contain_text("spec.containers: Required value")
    expect(page.get_by_label("YAML", exact=True)).to_have_value(text)
    good = text.replace("[]", "[{name: a, image: nginx}]")
    page.get_by_label("YAML", exact=True).fill(good)
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".toast")).to_contain_text(["pod/x created"])
    expect(page.locator(".form-answer .error")).to_have_count(0)
    expect(page.locator('#map [data-name="x"]')).to_be_attached()


def test_table_instead_of_map(pods):
    page = pods
    page.get_by_label("Settings").click()
    page.get_by_label("Table instead of map").check()
    page.keyboard.press("Escape")
    expect(page.locator("#map")).to_be_hidden()
    table = page.get_by_role("table", name="All pods")
    expect(table).to_be_visible()
    expect(table.locator("tbody tr")).to_have_count(3)
    table.get_by_role("button", name=re.compile("^Kill pod")).first.click()
    expect(table).to_contain_text("Terminating")
    page.reload()
    expect(page.locator("#map")).to_be_hidden()


def test_the_hidden_table_takes_no_tab_stop(pods):
    stops = (
        "[...document.querySelectorAll('.table-frame button')].filter(b => b.offsetParent !== null).length"
    )
    assert pods.evaluate(stops) == 0


def test_a_thumb_kills_from_the_sheet(new_context):
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_sandbox(context.new_page())
    expect(page.locator("#map")).to_have_attribute("data-layout", "phone")
    create(page)
    pod = page.locator(READY).first
    name = pod.get_attribute("data-name")
    pod.get_by_role("button").first.tap()
    sheet = page.get_by_role("region", name="Selection")
    expect(sheet).to_contain_text(name)
    button = sheet.get_by_role("button", name=f"Kill pod {name}")
    expect(button).to_have_text("Kill pod")
    box = button.bounding_box()
    assert box["width"] >= 102
    assert box["height"] >= 44
    button.tap()
    expect(page.locator(f'#map [data-name="{name}"]')).to_have_attribute("data-state", "terminating")


def test_a_long_name_leaves_the_sheets_button_free(new_context):
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_sandbox(context.new_page())
    name = "a-pod-with-a-name-so-long-that-no-phone-has-room-for-it"
    spec = "{containers: [{name: a, image: nginx}]}"
    manifest = f"{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {spec}}}"
    command(page, "/apply", manifest=manifest)
    page.locator(f'#map [data-name="{name}"]').get_by_role("button").first.tap()
    sheet = page.get_by_role("region", name="Selection")
    button = sheet.get_by_role("button", name=f"Kill pod {name}")
    expect(button).to_be_visible()
    text, kill = sheet.get_by_text(name).bounding_box(), button.bounding_box()
    assert text["x"] + text["width"] <= kill["x"]
    assert kill["x"] + kill["width"] <= 390


def test_a_phone_shows_one_part_at_a_time(new_context):
    context = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_sandbox(context.new_page())
    tabs = page.get_by_role("navigation", name="Parts of the page")
    tabs.get_by_role("button", name="Build").tap()
    expect(page.get_by_role("button", name="Create ReplicationController")).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()
    page.get_by_role("button", name="Create ReplicationController").tap()
    expect(page.locator("#map")).to_be_visible()
    tabs.get_by_role("button", name="Lifelines").tap()
    expect(page.locator("#lifelines.lifelines-tablet")).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()


def test_the_layout_follows_the_window(sandbox):
    page = sandbox
    for width, layout in ((1440, "wide"), (1024, "tablet"), (390, "phone"), (1300, "wide")):
        page.set_viewport_size({"width": width, "height": 800})
        expect(page.locator("#map")).to_have_attribute("data-layout", layout)
    assert page.context.cookies()
    page.set_viewport_size({"width": 1024, "height": 800})
    expect(page.locator("#map")).to_have_attribute("data-layout", "tablet")
    html = page.request.get(page.url).text()
    assert 'data-layout="tablet"' in html


def test_the_inspector_is_a_sheet_on_a_tablet(pods):
    page = pods
    page.set_viewport_size({"width": 1024, "height": 768})
    expect(page.locator("#map")).to_have_attribute("data-layout", "tablet")
    expect(page.locator("#inspector")).to_be_hidden()
    page.locator(READY).first.get_by_role("button").first.click()
    expect(page.locator("#inspector")).to_contain_text("Why?")
    page.get_by_role("complementary", name="Selection").get_by_role("button", name="Close").click()
    expect(page.locator("#inspector")).to_be_hidden()
    expect(page.locator("#map [data-selected]")).to_have_count(0)


def test_build_is_a_drawer_on_a_tablet(sandbox):
    page = sandbox
    page.set_viewport_size({"width": 1024, "height": 768})
    opener = page.locator("#open-build")
    expect(page.get_by_role("button", name="Create ReplicationController")).to_be_hidden()
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("button", name="Create ReplicationController")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Create ReplicationController")).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_at_any_width(sandbox, width, scheme):
    page = sandbox
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#map")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Pause")).to_be_in_viewport()


def test_an_address_is_copied_or_selected(sandbox):
    page = sandbox
    create(page, 1)
    command(
        page,
        "/services/",
        controller="ReplicationController/default/kubia",
        name="kubia",
        type="ClusterIP",
        port=80,
        target_port=8080,
    )
    copy = page.get_by_role("button", name=re.compile("^Copy address"))
    address = copy.get_attribute("data-copy")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    copy.click()
    expect(page.locator("#copied")).to_have_value(address)
    assert page.evaluate("getSelection().toString() || document.activeElement.value") == address
    expect(page.locator(".toast").last).to_contain_text("Selected")


def test_less_motion_is_kept(sandbox):
    page = sandbox
    page.get_by_label("Settings").click()
    page.get_by_label("Less motion").check()
    expect(page.locator("html")).to_have_attribute("data-motion", "off")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-motion", "off")


def test_it_can_be_read_without_a_script(new_context):
    context = new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Open the sandbox").click()
    expect(page.locator('#map [data-kind="Node"]')).to_have_count(3)
    page.get_by_role("button", name="Create ReplicationController").click()
    expect(page.locator("#workloads")).to_contain_text("kubia")
