#!/usr/bin/env python3
"""The WebAssembly module and the static page (`make web`), beside `hrm solve`.

    HRM=build/release/bin/hrm tests/web_test.py [--screenshots FOLDER] [NAME...]

The module runs in node, the page in Chromium, where these are installed. Skipped where the module cannot be built:
`scripts/setup --web` installs what it needs. HRM_WEB_SITE names a folder that is built already.
"""
import argparse
import functools
import gzip
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
from browser import Browser, Page, installed, run_checks  # noqa: E402

HRM = os.environ.get("HRM") or sys.exit("set HRM to the program")
SOURCE = pathlib.Path(os.environ.get("HRM_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
MODEL = SOURCE / "models/sudoku9/model.safetensors"
EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
HARD = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
TOOLS = ["clang++-19", "wasm-ld-19", "cmake", "ninja"]
LIBRARIES = ["/usr/include/wasm32-wasi", "/usr/lib/wasm32-wasi/libc++.a", "/usr/lib/wasm32-wasi/libc++abi.a"]


def hrm(*arguments, env=None):
    return subprocess.run([HRM, *map(str, arguments)], capture_output=True, text=True, check=False, env={**os.environ, **(env or {})})


def native(model, texts, *flags):
    """The JSON of hrm solve in float32, with vectors of four lanes, as the module has them."""
    done = hrm("solve", "--model", model, "--precision", "float32", "--json", *flags, *texts, env={"HRM_ISA": "baseline"})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["solutions"]


def refusal(model, *texts):
    """The message of hrm solve, without the program's name, the place in the source and what it takes for the source."""
    done = hrm("solve", "--model", model, *texts)
    assert done.returncode == 2, done
    return re.sub(r"^hrm: (error: )?(\[[^\]]*\] )?", "", done.stderr.strip().splitlines()[-1])


def site():
    if os.environ.get("HRM_WEB_SITE"):
        return pathlib.Path(os.environ["HRM_WEB_SITE"])
    missing = [tool for tool in TOOLS if not shutil.which(tool)] + [path for path in LIBRARIES if not pathlib.Path(path).exists()]
    if missing:
        print(f"skipped: {missing[0]} is not installed; scripts/setup --web installs what the WebAssembly module needs")
        sys.exit(77)
    subprocess.run([SOURCE / "scripts/build_web"], check=True, stdout=subprocess.DEVNULL)
    return SOURCE / "build/web/site"


class Module:
    """The module in node."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, jobs):
        with tempfile.TemporaryDirectory() as folder:
            instance = pathlib.Path(folder) / "instance.mjs"
            shutil.copy(self.folder / "instance.js", instance)
            done = subprocess.run(["node", SOURCE / "tests/lib/web_run.mjs", instance, self.folder / "hrm.wasm"],
                                  input=json.dumps(jobs, default=str), capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)["results"]

    def solve(self, model, requests):
        (result,) = self.run([{"model": model, "requests": requests}])
        assert "fault" not in result, result
        return result["results"]


def told(result, name):
    assert "events" in result, result
    return [data for event, data in result["events"] if event == name]


def close(a, b, limit=1e-3):
    return a == b or (a is not None and b is not None and abs(a - b) <= limit * max(1, abs(a), abs(b)))


def check_same(ours, theirs):
    """A solution of the module and one of hrm solve: the same answers, and numbers that rounding alone parts."""
    for key in ("question", "answer", "accepted", "reason", "segments", "halted", "view", "finished"):
        assert ours[key] == theirs[key], (key, ours[key], theirs[key], ours["question"])
    assert [step["answer"] for step in ours["steps"]] == [step["answer"] for step in theirs["steps"]]
    for mine, other in zip(ours["steps"], theirs["steps"]):
        for key in ("q_halt", "q_continue", "residual_H", "residual_L"):
            assert close(mine[key], other[key]), (key, mine[key], other[key])


def blanked(solution, blanks, chance):
    cells = list(solution)
    for cell in chance.sample(range(81), blanks):
        cells[cell] = "."
    return "".join(cells)


def sudokus(chance, count):
    """Puzzles of any hardness, made from one solution by relabeling, turning and blanking."""
    solution = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
    made = []
    for _ in range(count):
        digits = list("123456789")
        chance.shuffle(digits)
        text = "".join(digits[int(c) - 1] for c in solution)
        if chance.random() < 0.5:
            text = "".join(text[9 * c + r] for r in range(9) for c in range(9))
        made.append(blanked(text, chance.randint(20, 64), chance))
    return made


# ---- the module in node ----

def check_sudoku(module):
    chance = random.Random(os.urandom(8).hex())
    puzzles = [EASY, HARD, *sudokus(chance, 14)]
    requests = [{"puzzle": text, "segments": 8, "stream": True} for text in puzzles]
    for ours, theirs in zip(module.solve(MODEL, requests), native(MODEL, puzzles, "--segments", "8")):
        (solution,) = told(ours, "solution")
        check_same(solution, theirs)
        frames = told(ours, "segment")
        assert [frame["answer"] for frame in frames if frame["view"] == solution["view"]] == [step["answer"] for step in solution["steps"]]
        assert all(len(frame["confidence"]) == 81 and 0 <= min(frame["confidence"]) and max(frame["confidence"]) <= 1 for frame in frames)
        (done,) = told(ours, "done")
        assert done["puzzles"] == 1 and done["complete"] is True


def check_views(module):
    for flags, request in ((["--segments", "4", "--views", "6", "--seed", "7"], {"segments": 4, "views": 6, "seed": 7}),
                           (["--segments", "3", "--halting", "off"], {"segments": 3, "halting": False}),
                           (["--halt-margin", "2"], {"halt_margin": 2.0})):
        puzzles = [HARD, EASY]
        (result,) = module.solve(MODEL, [{"puzzles": puzzles, "stream": True, **request}])
        for ours, theirs in zip(told(result, "solution"), native(MODEL, puzzles, *flags), strict=True):
            check_same(ours, theirs)


def check_maze(module):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        made = hrm("data", "generate", "maze", "--size", "9", "--count", "20", "--test-count", "5", "--out", folder / "data")
        assert made.returncode == 0, made.stderr
        trained = hrm("train", "--preset", "trm-mlp", "--data", folder / "data", "--out", folder / "run", "arch.hidden_size=64", "arch.num_heads=4",
                      "max_steps=10", "global_batch_size=4")
        assert trained.returncode == 0, trained.stderr
        model = folder / "run/last.safetensors"
        converted = hrm("convert", model, folder / "maze.safetensors")
        assert converted.returncode == 0, converted.stderr
        maze = "\n".join(["S   #    ", "### # ## ", "    #  # ", " ####### ", "         ", "# ##### #", "        #", " ###### #", "       G "])
        (result,) = module.solve(folder / "maze.safetensors", [{"puzzle": maze, "segments": 3, "halting": False, "stream": True}])
        (ours,) = told(result, "solution")
        (theirs,) = native(folder / "maze.safetensors", [maze], "--segments", "3", "--halting", "off")
        check_same(ours, theirs)
        # A checkpoint of the run is refused with a way out.
        (refused,) = module.run([{"model": model, "requests": []}])
        assert "training checkpoint" in refused["fault"]["message"] and "hrm convert" in refused["fault"]["message"], refused


def bad_models(folder):
    whole = MODEL.read_bytes()
    header = 8 + struct.unpack("<Q", whole[:8])[0]
    broken = bytearray(whole)
    broken[8:header] = whole[8:header].replace(b'"hidden_size', b'"hidden_sise').replace(b"hidden_size\\\":128", b"hidden_size\\\":127")
    contents = {"empty": b"", "text": b"hello, world\n", "page": b"<!doctype html><title>x</title>", "json": b'{"error": "gone"}', "picture": b"\x89PNG\r\n\x1a\n" + bytes(64),
                "short": whole[:5], "header": whole[:header // 2], "truncated": whole[:-4096], "longer": whole + b"xx", "zeros": bytes(1 << 16),
                "gguf": b"GGUF" + bytes(64), "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "unknown": bytes(broken), "huge": struct.pack("<Q", 1 << 60) + whole[8:]}
    for name, content in contents.items():
        file = folder / f"{name}.safetensors"
        file.write_bytes(content)
        yield file


def check_bad_models(module):
    with tempfile.TemporaryDirectory() as folder:
        files = list(bad_models(pathlib.Path(folder)))
        for file, result in zip(files, module.run([{"model": file, "requests": []} for file in files])):
            wanted = refusal(file, EASY)
            assert result.get("fault", {}).get("message") == wanted, (file.name, result, wanted)


def check_bad_puzzles(module):
    texts = ["12345", "55" + "." * 79, EASY[:-1] + "x", EASY + EASY[:9], "5" * 81, "ä" * 81, "S  \n # \n  G", EASY[:40]]
    results = module.solve(MODEL, [request for text in texts for request in ({"puzzle": text}, {"puzzle": EASY, "segments": 1})])
    for text, result, after in zip(texts, results[::2], results[1::2]):
        wanted = refusal(MODEL, text).replace("argument 1", "puzzle")
        assert result["fault"]["message"] == wanted, (result, wanted)
        assert result["fault"]["field"] == "puzzle" and "81 cells" in result["fault"]["hint"], result
        assert result["alive"] is False  # the instance ends, and the next one answers
        assert told(after, "solution"), after
    for request, field in (({"puzzle": EASY, "segments": 5000}, "segments"), ({"puzzle": EASY, "views": 0}, "views"), ({}, "puzzle"), ({"puzzle": "", "x": 1}, "x"),
                           ({"puzzle": EASY, "segments": "many"}, "segments"), ({"puzzle": EASY, "keep_going": True}, "keep_going"), ({"puzzles": []}, "puzzles")):
        (result,) = module.solve(MODEL, [request])
        assert result["fault"]["field"] == field, (request, result)


def check_memory(module):
    """An instance that solves again and again takes no more memory."""
    requests = [{"puzzle": EASY, "segments": 2, "views": 3}] * 40
    (few,) = module.run([{"model": MODEL, "requests": requests[:4]}])
    (many,) = module.run([{"model": MODEL, "requests": requests}])
    assert many["memory"] <= few["memory"] + (1 << 20), (few["memory"], many["memory"])


def check_size(module):
    size = len(gzip.compress((module.folder / "hrm.wasm").read_bytes(), 9))
    print(f"  the module: {size / 1024:.0f} KiB compressed")
    assert size <= 1 << 20


# ---- the page in Chromium ----

def check_page_solve(page):
    b = page.browser
    page.visit("solve")
    assert b.run("return document.querySelector('#model').selectedOptions[0].textContent").startswith("sudoku9 ("), "the model"
    b.click("#solve")
    b.until("return document.querySelector('#status').className !== '' && !document.querySelector('#scrub').hidden", "an answer", 60)
    assert "rules accept" in b.text("#status"), b.text("#status")
    print("  " + b.text("#status"))
    shown = b.run("return [...document.querySelectorAll('#grid td')].map(td => td.textContent).join('')")
    assert shown == native(MODEL, [EASY], "--segments", "16", "--views", "8")[0]["answer"]
    page.shot("web-solve")


def set_puzzle(b, text, **numbers):
    b.run("document.querySelector('#puzzle').value = arguments[0]; document.querySelector('#puzzle').dispatchEvent(new Event('input'))", text)
    for name, value in numbers.items():
        b.run("document.getElementById(arguments[0]).value = arguments[1]", name, value)


def check_page_stops(page):
    b = page.browser
    page.visit("solve")
    set_puzzle(b, HARD, segments=1000, views=1)
    b.run("document.querySelector('#halting').checked = false")
    b.click("#solve")
    b.until("return Number(document.querySelector('#position').max) > 2", "segments", 60)
    assert b.text("#status") == "Solving …"
    b.click("#stop")
    b.until("return document.querySelector('#status').textContent === 'Stopped.'", "the stop")
    frames = b.run("return Number(document.querySelector('#position').max)")
    assert 2 < frames < 1000
    # The next puzzle does not wait for what was stopped, and gets its own answer.
    set_puzzle(b, EASY, segments=2, views=1)
    b.run("document.querySelector('#halting').checked = true")
    b.click("#solve")
    b.until("return document.querySelector('#status').className !== ''", "an answer")
    assert b.run("return Number(document.querySelector('#position').max)") <= 2


def check_page_errors(page):
    b = page.browser
    page.visit("solve")
    set_puzzle(b, "55" + "." * 79)
    b.click("#solve")
    b.until("return document.querySelector('#puzzle-error').textContent", "a message")
    wanted = refusal(MODEL, "55" + "." * 79).replace("argument 1", "puzzle")
    assert b.text("#puzzle-error").splitlines()[0] == wanted, b.text("#puzzle-error")
    assert b.run("return document.querySelector('#puzzle').getAttribute('aria-invalid')") == "true"
    page.shot("web-error")
    set_puzzle(b, EASY, segments=5000)
    b.click("#solve")
    b.until("return document.querySelector('#segments-error').textContent", "a message")
    set_puzzle(b, EASY, segments=16)  # a fresh instance goes on
    b.click("#solve")
    b.until("return document.querySelector('#status').className === 'good'", "an answer")


def check_page_files(page):
    b = page.browser
    page.visit("solve")
    with tempfile.TemporaryDirectory() as folder:
        for file in bad_models(pathlib.Path(folder)):
            b.run("document.querySelector('#model-file-error').textContent = ''")
            b.type("#model-file", str(file))
            shown = b.until("return document.querySelector('#model-file-error').textContent", f"a message about {file.name}")
            assert shown == refusal(file, EASY).replace(f"{folder}/", ""), (shown, file.name)
        page.shot("web-bad-model")
        good = pathlib.Path(folder) / "my model.safetensors"
        shutil.copy(MODEL, good)
        b.type("#model-file", str(good))
        b.until("return document.querySelector('#model').value === 'my model.safetensors'", "the model")
        assert b.text("#model-file-error") == ""
        assert b.run("return document.querySelectorAll('#model option').length") == 2
        b.click("#solve")
        b.until("return document.querySelector('#status').className === 'good'", "an answer")
        # Back to the first model.
        b.run("document.querySelector('#model').value = 'sudoku9'; document.querySelector('#model').dispatchEvent(new Event('change'))")
        b.click("#solve")
        b.until("return document.querySelector('#status').className === 'good'", "an answer")


def check_page_views(page):
    b = page.browser
    page.visit("runs")
    assert b.run("return document.querySelector('#run-choice-row').hidden && document.querySelector('#run-live').hidden")
    b.type("#run-file", str(SOURCE / "models/sudoku9/log.jsonl"))
    b.until("return document.querySelectorAll('#run-curves svg').length > 3", "curves")
    tree = {"id": "p1", "question": "What is 2 + 3?", "gold": "5", "nodes": [{"parent": -1, "text": ""}, {"parent": 0, "text": "2 + 3 = 5"}], "rollouts": []}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "trees.jsonl"
        file.write_text(json.dumps(tree) + "\n")
        page.visit("trees")
        b.type("#tree-file", str(file))
        b.until("return document.querySelectorAll('#tree [role=treeitem]').length === 2", "the tree")
    for width in (390, 1200):
        b.size(width, 1000)
        for view in ("solve", "trees", "runs"):
            page.visit(view)
            wide = b.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{view} is {wide} pixels too wide at {width}"
        page.visit("solve")
        page.shot(f"web-{width}")
    nameless = b.run("""return [...document.querySelectorAll('button, input, select, textarea, a')].filter(e =>
        !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)""")
    assert nameless == [], nameless
    assert all(b.run("return performance.getEntriesByType('resource').map(e => new URL(e.name).host === location.host)")), "the page asks somebody else"


def check_page_missing(page):
    """A host that lacks files: words, not silence."""
    b = page.browser
    for name in ("hrm.wasm", "models.json", "models"):
        hidden = page.folder / f"{name}.away"
        (page.folder / name).rename(hidden)
        try:
            b.open("about:blank")
            b.open(f"{page.address}/#solve")
            shown = b.until("return document.querySelector('#solve-error').textContent", f"a message about {name}")
            assert "cannot be loaded" in shown and "404" in shown, shown
        finally:
            hidden.rename(page.folder / name)
    b.faults()  # what the browser says of the three is expected
    page.visit("solve")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_):
        pass


def page_failures(folder, names, screenshots):
    """The page on a host of files alone, below a folder of the host."""
    with tempfile.TemporaryDirectory() as root:
        copy = pathlib.Path(root) / "some/where"
        shutil.copytree(folder, copy)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=root))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = Browser(*installed())
        try:
            page = Page(browser, f"http://127.0.0.1:{server.server_port}/some/where", screenshots)
            page.folder = copy
            return run_checks(page, [globals()[name] for name in names])
        finally:
            browser.close()
            server.shutdown()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--screenshots", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    folder = site()
    wanted = args.names or [name for name in globals() if name.startswith("check_") and name != "check_same"]
    of_page = [name for name in wanted if name.startswith("check_page_")]
    failures, left_out = 0, []
    if not shutil.which("node"):
        left_out.append("node is not installed: the module was not compared with hrm solve")
    else:
        module = Module(folder)
        for name in wanted:
            if name in of_page:
                continue
            try:
                globals()[name](module)
                print(f"{name}: passed", flush=True)
            except Exception as error:  # every check is told about
                failures += 1
                print(f"FAILED: {name}: {error!r}", flush=True)
    if of_page and not installed():
        left_out.append("chromium and chromedriver are not installed: the page was not opened")
    elif of_page:
        failures += page_failures(folder, of_page, args.screenshots)
    for line in left_out:
        print(f"left out: {line}")
    if len(left_out) == 2 and not failures:
        print("skipped: neither node nor chromium is installed; scripts/setup --web --browser installs both")
        return 77
    return 1 if failures else 0


sys.exit(main())
