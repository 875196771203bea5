#!/usr/bin/env python3
"""The page of `hrm serve` in a real Chromium, used as a person would, through its driver (WebDriver, standard library).

    HRM=build/release/bin/hrm tests/page_test.py [--screenshots FOLDER] [NAME...]

Skipped where Chromium or its driver is not installed: `make page-test` installs both.
"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
from browser import Browser, Page, installed, run_checks  # noqa: E402

HRM = os.environ.get("HRM") or sys.exit("set HRM to the program")
SOURCE = pathlib.Path(os.environ.get("HRM_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
MODEL = str(SOURCE / "models/sudoku9")


def check_solve(page):
    b = page.browser
    page.visit("solve")
    page.shot("solve-empty")
    b.click("#solve")
    b.until("return document.querySelector('#status').className !== '' && !document.querySelector('#scrub').hidden", "an answer")
    assert "rules accept" in b.text("#status"), b.text("#status")
    page.shot("solve-answer")
    frames = b.run("return Number(document.querySelector('#position').max)")
    assert frames >= 1
    assert b.run("return document.querySelectorAll('#grid td.given').length") == 30
    # The digits are those of hrm solve.
    shown = b.run("return [...document.querySelectorAll('#grid td')].map(td => td.textContent).join('')")
    puzzle = b.run("return document.querySelector('#puzzle').value")
    done = subprocess.run([HRM, "solve", "--model", MODEL, "--segments", "16", "--views", "8", "--json", puzzle], capture_output=True, text=True, check=False)
    assert shown == json.loads(done.stdout)["solutions"][0]["answer"], shown
    assert len(b.run("return [...document.querySelectorAll('#curves svg')].map(svg => svg.getAttribute('aria-label'))")) == 2


def check_scrub(page):
    b = page.browser
    page.visit("solve")
    b.run("document.querySelector('#example').value = 'hard'; document.querySelector('#example').dispatchEvent(new Event('change'))")
    b.run("document.querySelector('#views').value = 3; document.querySelector('#segments').value = 6")
    b.click("#solve")
    b.until("return document.querySelector('#status').className !== ''", "an answer", 60)
    frames = b.run("return Number(document.querySelector('#position').max)")
    assert frames > 6, frames
    b.click("#first")
    assert b.text("#segment-text").startswith("View 1, segment 1:"), b.text("#segment-text")
    b.click("#forward")
    assert b.text("#segment-text").startswith("View 1, segment 2:"), b.text("#segment-text")
    changed = int(b.text("#segment-text").split(": ")[1].split(" ")[0])
    assert b.run("return document.querySelectorAll('#grid td.changed').length") == changed
    assert b.run("return [...document.querySelectorAll('#grid td')].some(td => /heat[0-9]/.test(td.className))")
    page.shot("solve-scrub")
    b.click("#back")
    assert "segment 1:" in b.text("#segment-text")
    b.click("#play")
    b.until("return document.querySelector('#segment-text').textContent.includes('segment 2:')", "playing")
    b.click("#play")


def check_typing(page):
    b = page.browser
    page.visit("solve")
    b.click("#clear")
    b.click("#grid td[data-cell='0']")
    b.keys("5", "3")
    assert b.run("return document.querySelector('#puzzle').value.slice(0, 4)") == "53.."
    assert b.run("return document.activeElement.dataset.cell") == "2"
    b.keys("\ue015", "7", "\ue012", "\ue003")  # down, 7, left, backspace
    assert b.run("return document.querySelector('#puzzle').value.split('\\n')[1].slice(0, 4)") == "...."
    # An error appears at its field, with the server's message.
    b.run("document.querySelector('#puzzle').value = '55' + '.'.repeat(79); document.querySelector('#puzzle').dispatchEvent(new Event('input'))")
    b.click("#solve")
    b.until("return document.querySelector('#puzzle-error').textContent", "a message")
    assert "no puzzle that can be solved" in b.text("#puzzle-error"), b.text("#puzzle-error")
    assert b.run("return document.querySelector('#puzzle').getAttribute('aria-invalid')") == "true"
    page.shot("solve-error")
    b.run("document.querySelector('#puzzle').value = arguments[0]; document.querySelector('#puzzle').dispatchEvent(new Event('input'))", "53..7." * 3)
    b.run("document.querySelector('#segments').value = 5000")
    b.click("#solve")
    b.until("return document.querySelector('#segments-error').textContent", "a message")


def check_trees(page):
    b = page.browser
    tree = {"id": "p1", "question": "What is 2 + 3?", "gold": "5", "nodes": [
        {"parent": -1, "text": ""}, {"parent": 0, "text": "2 + 3 = 5"}, {"parent": 0, "text": "2 + 3 = 6", "multiplicity": 2},
        {"parent": 1, "text": "The answer is 5", "answer": "5", "terminal": True},
        {"parent": 1, "text": "<script>document.title = 'broken'</script>", "answer": "6", "terminal": True},
        {"parent": 2, "text": "The answer is 6", "answer": "6", "terminal": True}], "rollouts": []}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "trees.jsonl"
        file.write_text(json.dumps(tree) + "\n" + json.dumps({**tree, "id": "p2"}) + "\n")
        page.visit("trees")
        b.type("#tree-file", str(file))
        b.until("return document.querySelectorAll('#tree [role=treeitem]').length === 3", "the tree")
        assert "6 nodes" in b.text("#tree-summary")
        assert b.run("return document.querySelectorAll('#tree-choice option').length") == 2
        b.click("#tree [data-node='1'] .twist")
        b.click("#tree [data-node='4'] .words")
        assert "<script>" in b.text("#node pre")
        b.keys("\ue013")  # up
        assert "The answer is 5" in b.text("#node pre"), b.text("#node")
        assert b.run("return document.querySelector('#tree [data-node=\"1\"] .value').textContent") == "0.50"
        page.shot("trees")
        file.write_text('{"nodes": [{"parent": -1}, {"parent": 7}]}')
        page.visit("trees")
        b.type("#tree-file", str(file))
        assert "parent 7" in b.until("return document.querySelector('#tree-error').textContent", "a message")
        labels = [{"problem": "q", "node": 0, "parent": -1, "label": 0.5, "text": "", "total": 2, "correct": 1},
                  {"problem": "q", "node": 1, "parent": 0, "label": 1, "text": "yes", "total": 1, "correct": 1}]
        file.write_text('{"labels": "rollouts"}\n' + "".join(json.dumps(line) + "\n" for line in labels))
        page.visit("trees")
        b.type("#tree-file", str(file))
        b.until("return document.querySelectorAll('#tree [role=treeitem]').length === 2", "the labels")
        assert b.run("return document.querySelector('#tree [data-node=\"1\"] .value').textContent") == "1.00"


def check_runs(page):
    b = page.browser
    page.visit("runs")
    b.type("#run-file", str(SOURCE / "models/sudoku9/log.jsonl"))
    b.until("return document.querySelectorAll('#run-curves svg').length > 3", "curves")
    assert "18,000 steps" in b.text("#run-summary"), b.text("#run-summary")
    page.shot("runs")
    b.until("return document.querySelectorAll('#run-choice option').length > 1", "the server's runs")
    log = page.runs / "live" / "log.jsonl"
    b.run("document.querySelector('#run-choice').value = 'live'; document.querySelector('#run-choice').dispatchEvent(new Event('change'))")
    b.until("return document.querySelector('#run-summary').textContent.includes('2 steps')", "the live run")
    with log.open("a") as stream:
        stream.write('{"kind":"train","step":3,"seconds":3,"loss":1.0}\n')
    b.until("return document.querySelector('#run-summary').textContent.includes('3 steps')", "the new record", 8)


def check_looks(page):
    b = page.browser
    for width, name in ((390, "phone"), (1200, "desktop")):
        b.size(width, 1000)
        for view in ("solve", "trees", "runs"):
            page.visit(view)
            wide = b.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{view} is {wide} pixels too wide on a {name}"
        page.visit("solve")
        b.click("#solve")
        b.until("return document.querySelector('#status').className !== ''", "an answer")
        page.shot(f"{name}-solve")
    b.click("#theme")
    before = b.run("return document.documentElement.dataset.theme")
    page.shot(f"{before}")
    page.visit("solve")
    assert b.run("return document.documentElement.dataset.theme") == before, "the choice is kept"
    b.click("#theme")
    # Everything that can be operated has a name.
    nameless = b.run("""return [...document.querySelectorAll('button, input, select, textarea, a')].filter(e =>
        !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)""")
    assert nameless == [], nameless
    paint = b.run("return performance.getEntriesByType('paint').find(e => e.name === 'first-contentful-paint')?.startTime")
    print(f"  first paint after {paint:.0f} ms")
    assert paint is None or paint < 2000, paint
    sizes = b.run("return performance.getEntriesByType('resource').map(e => new URL(e.name).host === location.host)")
    assert all(sizes), "the page asks somebody else"


def axe_script():
    """axe-core as the package axe-playwright-python brings it (scripts/setup --browser); None where it is not installed."""
    found = sorted(SOURCE.glob(".venv/lib/python3*/site-packages/axe_playwright_python/axe.min.js"))
    return found[0].read_text() if found else None


def check_accessibility(page):
    """axe-core finds no violation in any view, empty and in use, light and dark."""
    script, b = axe_script(), page.browser
    if script is None:
        print("  skipped: axe-core is not installed; make page-test installs it")
        return
    faults = []

    def examine(what):
        b.run(script)
        found = b.run("return axe.run().then(found => ({passes: found.passes.length, violations: found.violations}))")
        assert found["passes"] > 10, (what, found)
        for rule in found["violations"]:
            faults.append((what, rule["id"], rule["help"], [node["target"] for node in rule["nodes"]][:4]))

    page.visit("solve")
    for _ in range(2):
        theme = b.run("return document.documentElement.dataset.theme") or "as the system"
        for view in ("solve", "trees", "runs"):
            page.visit(view)
            examine(f"{view}, {theme}")
        b.type("#run-file", str(SOURCE / "models/sudoku9/log.jsonl"))
        b.until("return document.querySelectorAll('#run-curves svg').length > 3", "curves")
        examine(f"curves, {theme}")
        page.visit("solve")
        b.click("#solve")
        b.until("return document.querySelector('#status').className !== ''", "an answer")
        examine(f"answer, {theme}")
        b.run("document.querySelector('#puzzle').value = '12'")
        b.click("#solve")
        b.until("return document.querySelector('#puzzle').getAttribute('aria-invalid') === 'true'", "a message")
        examine(f"error, {theme}")
        b.click("#theme")
    assert not faults, "\n".join(map(str, faults))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if not installed():
        print("skipped: chromium and chromedriver are not installed; make page-test installs them")
        return 77
    wanted = args.names or [name for name in globals() if name.startswith("check_")]
    with tempfile.TemporaryDirectory() as folder:
        live = pathlib.Path(folder) / "live"
        live.mkdir()
        (live / "log.jsonl").write_text('{"kind":"train","step":1,"seconds":1,"loss":3.0}\n{"kind":"train","step":2,"seconds":2,"loss":2.0}\n')
        server = subprocess.Popen([HRM, "serve", "--model", MODEL, "--port", "0", "--runs", folder], stdout=subprocess.PIPE, text=True)
        browser = Browser(*installed())
        try:
            page = Page(browser, server.stdout.readline().strip(), args.screenshots)
            page.runs = pathlib.Path(folder)
            failures = run_checks(page, [globals()[name] for name in wanted])
        finally:
            browser.close()
            server.send_signal(signal.SIGTERM)
            server.wait(20)
    return 1 if failures else 0


sys.exit(main())
