#!/usr/bin/env python3
"""The WebAssembly module beside the program: sizes, and the time of a segment and of a view. The table of docs/web.md.

    make web && HRM=build/release/bin/hrm benchmarks/web_bench.py

Times of a segment are processor time of one thread, the least of several runs, so that a busy machine matters little;
those of the page are what a person waits.
"""
import functools
import gzip
import http.server
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "tests/lib"))
from browser import Browser, Page, installed  # noqa: E402

HRM = os.environ.get("HRM") or sys.exit("set HRM to the program")
SITE = pathlib.Path(os.environ.get("HRM_WEB_SITE", SOURCE / "build/web/site"))
MODEL = SOURCE / "models/sudoku9/model.safetensors"
HARD = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
FEW, MANY, RUNS = 4, 132, 5


def program_seconds(command, **more):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, **more)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def native(instruction_set):
    def least(segments):
        command = [HRM, "solve", "--threads", "1", "--model", MODEL, "--precision", "float32", "--segments", str(segments), "--halting", "off", "--json", HARD]
        return min(program_seconds(command, env={**os.environ, "HRM_ISA": instruction_set}) for _ in range(RUNS))
    return (least(MANY) - least(FEW)) / (MANY - FEW)


def module():
    """In node, by its clock: the compiler of the machine code has threads of its own."""
    requests = [{"puzzle": HARD, "segments": n, "halting": False, "stream": True} for n in (FEW, MANY) for _ in range(RUNS)]
    with tempfile.TemporaryDirectory() as folder:
        instance = pathlib.Path(folder) / "instance.mjs"
        shutil.copy(SITE / "instance.js", instance)
        done = subprocess.run(["node", SOURCE / "tests/lib/web_run.mjs", instance, SITE / "hrm.wasm"], input=json.dumps([{"model": str(MODEL), "requests": requests}]),
                              capture_output=True, text=True, check=True)
    times = [result["milliseconds"] / 1000 for result in json.loads(done.stdout)["results"][0]["results"]]
    return (min(times[RUNS:]) - min(times[:RUNS])) / (MANY - FEW)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def page():
    """Milliseconds from the click to the answer, as the page shows them, of one view of four segments; and the first paint."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = Browser(*installed())
    try:
        shown = Page(browser, f"http://127.0.0.1:{server.server_port}", None)
        shown.visit("solve")
        times = []
        for _ in range(RUNS):
            browser.run("""document.querySelector('#puzzle').value = arguments[0]; document.querySelector('#puzzle').dispatchEvent(new Event('input'));
                for (const [id, value] of [['segments', 4], ['views', 1]]) document.getElementById(id).value = value""", HARD)
            browser.run("document.querySelector('#halting').checked = false")
            browser.click("#solve")
            text = browser.until("return document.querySelector('#status').className !== '' && document.querySelector('#status').textContent", "an answer", 60)
            times.append(float(text.split(" ms")[0].split()[-1]))
        paint = browser.run("return performance.getEntriesByType('paint').find(e => e.name === 'first-contentful-paint')?.startTime")
        return times, paint
    finally:
        browser.close()
        server.shutdown()


def main():
    module_bytes = (SITE / "hrm.wasm").read_bytes()
    files = [file for file in SITE.iterdir() if file.suffix in (".js", ".css", ".html", ".svg", ".json")]
    packed = sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)
    print(f"module: {len(module_bytes) / 1024:.0f} KiB, {len(gzip.compress(module_bytes, 9)) / 1024:.0f} KiB with gzip")
    print(f"page: {sum(file.stat().st_size for file in files) / 1024:.0f} KiB, {packed / 1024:.0f} KiB with gzip")
    print(f"model: {MODEL.stat().st_size / 1024:.0f} KiB, {len(gzip.compress(MODEL.read_bytes(), 9)) / 1024:.0f} KiB with gzip")
    for name in ("baseline", "avx2", "avx512"):
        print(f"hrm solve, HRM_ISA={name}: {1000 * native(name):.1f} ms per segment")
    if shutil.which("node"):
        print(f"module in node: {1000 * module():.1f} ms per segment")
    if installed():
        times, paint = page()
        print(f"page in Chromium, a view of 4 segments: first {times[0]:.0f} ms, then {statistics.median(times[1:]):.0f} ms (median); first paint {paint:.0f} ms")


main()
