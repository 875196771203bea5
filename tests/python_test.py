#!/usr/bin/env python3
"""The Python package: answers equal to the program's, arrays, generators, errors, Ctrl-C, threads, documentation.

    HRM=... HRM_LIBRARY=.../libhrm.so PYTHONPATH=python tests/python_test.py     the package in the tree
    HRM=... tests/python_test.py --installed                                     an installed wheel
`make library-test` and `make wheel-test` run these. Names as arguments choose checks.
"""
import gc
import inspect
import json
import logging
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

INSTALLED = "--installed" in sys.argv
if not INSTALLED and not os.environ.get("HRM_LIBRARY"):
    print("skipped: no library is built: make library-test builds one and runs this")
    sys.exit(77)
try:
    import numpy as np
except ImportError:
    print(f"skipped: {sys.executable} has no NumPy")
    sys.exit(77)
import hrm_cpp

HRM = os.environ.get("HRM") or sys.exit("set HRM to the program")
SOURCE = pathlib.Path(os.environ.get("HRM_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
PATH = str(SOURCE / "models/sudoku9")
EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
MIDDLE = "...26.7.168..7..9.19...45..82.1...4...46.29...5...3.28..93...74.4..5..367.3.18..."
HARD = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
DIGITS = np.array([0 if c == "." else int(c) for c in EASY]).reshape(9, 9)
MODEL = hrm_cpp.Model(PATH)


def program(*words):
    done = subprocess.run([HRM, *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def raises(kind, part, call):
    try:
        call()
    except kind as error:
        assert part in str(error), f"'{part}' is not in: {error}"
        assert "\n" not in str(error)
        return str(error)
    raise AssertionError(f"nothing raised where {kind.__name__} '{part}' was expected")


def check_answers_are_those_of_the_program():
    for flags, options in (((), {}), (("--segments", 8, "--views", 3), dict(segments=8, views=3, batch=2)),
                           (("--halting", "off", "--segments", 2), dict(halting=False, segments=2))):
        code, out, _ = program("solve", "--model", PATH, "--json", *flags, EASY, MIDDLE, HARD)
        assert code == 0
        expected, found = json.loads(out), MODEL.solve([EASY, MIDDLE, HARD], **options).json()
        for place, solution in enumerate(expected["solutions"]):
            assert solution.pop("source") == f"argument {place + 1}"
            assert found["solutions"][place].pop("source") == f"puzzles[{place}]"
        assert found == expected


def check_every_way_to_give_puzzles():
    answer = MODEL.solve(EASY)[0]
    assert answer.accepted is True and answer.reason == "" and answer.view == 0 and answer.halted
    assert answer.text.startswith("534678912") and answer.completion is None
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "puzzles.txt"
        path.write_text(EASY + "\n" + MIDDLE + "\n")
        assert [s.source for s in MODEL.solve(path)] == [f"{path}, puzzle 1", f"{path}, puzzle 2"]
        assert len(MODEL.solve([HARD, path])) == 3
    assert len(MODEL.solve(EASY + "\n" + MIDDLE)) == 2
    tokens = MODEL.family.read(EASY)
    assert tokens.shape == (1, 81) and tokens.dtype == np.int32
    for array in (DIGITS, DIGITS.reshape(-1), DIGITS[None], DIGITS.tolist(), DIGITS.astype(np.uint8), DIGITS.T.copy().T,
                  tokens, tokens[0], tokens.astype(np.int64)):
        result = MODEL.solve(array)
        assert len(result) == 1 and (result[0].answer == answer.answer).all(), array
        assert result[0].array.shape in {(81,), (9, 9)}
    assert (MODEL.solve(np.stack([DIGITS] * 3)).answers == answer.answer).all()
    solved = MODEL.solve(DIGITS)[0].array
    assert solved.shape == (9, 9) and (np.sort(solved, axis=0).T == np.arange(1, 10)).all(), "digits come back"
    assert MODEL.solve(tokens)[0].array.max() == 10, "tokens come back"
    assert len(MODEL.solve(np.zeros((1, 81), int), segments=1)) == 1
    try:
        import torch
    except ImportError:
        return
    assert (MODEL.solve(torch.from_numpy(DIGITS))[0].answer == answer.answer).all()


def check_bad_input():
    line = raises(ValueError, "puzzles[1]", lambda: MODEL.solve([EASY, "55" + EASY[2:]]))
    code, _, err = program("solve", "--model", PATH, EASY, "55" + EASY[2:])
    assert code == 2 and err == f"hrm: {line}\n".replace("puzzles[1]", "argument 2"), (err, line)
    raises(ValueError, "/nonexistent", lambda: hrm_cpp.Model("/nonexistent"))
    raises(ValueError, "no puzzle", lambda: MODEL.solve(""))
    raises(ValueError, "no puzzle", lambda: MODEL.solve([]))
    raises(ValueError, "NUL", lambda: MODEL.solve(EASY + "\0"))
    raises(ValueError, "shape (80,)", lambda: MODEL.solve(np.zeros(80, int)))
    raises(ValueError, "float64", lambda: MODEL.solve(DIGITS * 1.0))
    raises(ValueError, "much smaller", lambda: MODEL.solve(DIGITS.astype(np.int64) * 2**40))
    raises(ValueError, "say which", lambda: MODEL.solve(np.full((9, 9), 5)))
    raises(ValueError, "puzzles, puzzle 2", lambda: MODEL.solve(np.stack([DIGITS, np.full((9, 9), 99)]), numbers="digits"))
    raises(ValueError, "numbers", lambda: MODEL.solve(DIGITS, numbers="letters"))
    raises(ValueError, "segments = -1", lambda: MODEL.solve(EASY, segments=-1))
    raises(TypeError, "segments", lambda: MODEL.solve(EASY, segments=1.5))
    raises(ValueError, "views 0", lambda: MODEL.solve(EASY, views=0))
    raises(ValueError, "batch 0", lambda: MODEL.solve(EASY, batch=0))
    raises(ValueError, "seed", lambda: MODEL.solve(EASY, seed=2**64))
    raises(ValueError, "halt_margin", lambda: MODEL.solve(EASY, halt_margin=float("nan")))
    raises(TypeError, "bytes", lambda: MODEL.solve(EASY.encode()))
    raises(ValueError, "chess", lambda: hrm_cpp.Family({"family": "chess"}))
    raises(ValueError, "cell 1", lambda: MODEL.family.line(np.full(81, 77)))
    raises(ValueError, "device", lambda: hrm_cpp.Model(PATH, device="abacus"))
    raises(TypeError, "list of strings", lambda: hrm_cpp.Model(PATH, settings="arch.H_cycles=2"))
    raises(ValueError, "/nonexistent", lambda: MODEL.evaluate("/nonexistent"))
    result = MODEL.solve([EASY, "55" + EASY[2:], MIDDLE], keep_going=True)
    assert len(result) == 2 and result.skipped[0].source == "puzzles[1]" and result.skipped[0].reason


def check_segments():
    events = list(MODEL.segments([EASY, HARD], segments=4, halting=False, views=1))
    assert [(e.puzzle, e.segment) for e in sorted(events, key=lambda e: (e.puzzle, e.segment))] == [
        (p, s) for p in (0, 1) for s in (1, 2, 3, 4)]
    for event in events:
        assert event.answer.shape == event.confidence.shape == (81,) and event.last == (event.segment == 4)
        assert (event.confidence > 0).all() and (event.confidence <= 1).all()
    steps = MODEL.solve([EASY, HARD], segments=4, halting=False).json()["solutions"]
    for event in events:
        step = steps[event.puzzle]["steps"][event.segment - 1]
        assert MODEL.family.line(event.answer) == step["answer"] and abs(event.q_halt - step["q_halt"]) < 1e-5
    first = next(iter(MODEL.segments(EASY, confidence=False)))  # the rest never runs
    assert first.confidence is None and first.segment == 1
    raises(ValueError, "puzzles", lambda: MODEL.segments("x"))  # at once, not with the first segment


def check_completion():
    result = MODEL.solve([HARD, "." * 81], segments=1, complete=True)
    assert result[0].completion.solutions == "one" and result[1].completion.solutions == "several"
    assert MODEL.family.check(result[0].question, result[0].completion.answer) == (True, "")
    assert "may be" in result[1].completion.reason
    accepted, reason = MODEL.family.check(result[0].question, MODEL.family.read(EASY)[0])
    assert not accepted and reason


def check_families():
    maze = hrm_cpp.Family({"family": "maze", "height": 3, "width": 3})
    grid = maze.read("S #\n# #\n# G")[0]
    assert maze.cells == 9 and maze.has_rules and maze.vocabulary == 6
    assert (maze.read(maze.line(grid))[0] == grid).all() and "S" in maze.render(grid)
    assert hrm_cpp.Family(maze.describe()).describe() == maze.describe()
    assert MODEL.family.describe()["family"] == "sudoku"
    family = hrm_cpp.Model(PATH).family  # outlives the name of its model
    gc.collect()
    assert family.cells == 81


def check_evaluation():
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        code, _, err = program("data", "generate", "sudoku", "--count", 4, "--test-count", 20, "--seed", 5, "--out", data)
        assert code == 0, err
        code, out, err = program("eval", "--model", PATH, "--data", data, "--segments", 4, "--json")
        assert code == 0, err
        expected, found = json.loads(out), MODEL.evaluate(data, segments=4)
        expected.pop("seconds"), found.pop("seconds")
        assert found == expected, (found, expected)


def check_scores():
    scorer = hrm_cpp.Scorer("truth")
    assert scorer.name == "truth"
    raises(ValueError, "no step", lambda: scorer.score("(7+12)*3=?", [[]]))
    raises(TypeError, "list of solutions", lambda: scorer.score("(7+12)*3=?", ["7+12=19;19*3\n"]))
    raises(ValueError, "/nonexistent", lambda: hrm_cpp.Scorer("/nonexistent"))
    assert scorer.score("(7+12)*3=?", []) == []
    scores = scorer.score("(7+12)*3=?", [["7+12=19;19*3\n"], ["7+12=18;18*3\n"]])
    assert [s.shape for s in scores] == [(1,), (1,)] and scores[0][0] > scores[1][0], scores
    assert hrm_cpp.grade("1/2", "0.5") is True and hrm_cpp.grade("1", "2") is False


def interrupt(code):
    """Seconds from Ctrl-C to the end of a program that runs the code; it must end with KeyboardInterrupt."""
    text = f"import hrm_cpp, sys\nmodel = hrm_cpp.Model({PATH!r})\nprint('ready', flush=True)\n{code}"
    child = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n", child.stderr.read()
    time.sleep(1)
    begin = time.monotonic()
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGINT and err.rstrip().endswith("KeyboardInterrupt"), (child.returncode, err)
    return time.monotonic() - begin


def check_ctrl_c():
    assert interrupt(f"model.solve([{HARD!r}] * 8, segments=10**6, halting=False)") < 5
    assert interrupt(f"for _ in model.segments({HARD!r}, segments=10**6, halting=False): pass") < 5
    assert interrupt(f"model.solve([{HARD!r}] * 8, segments=10**6, halting=False, complete=True)") < 5
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        assert program("data", "generate", "sudoku", "--count", 4, "--test-count", 20, "--out", data)[0] == 0
        assert interrupt(f"model.evaluate({data!r}, segments=10**6, halting=False)") < 5


def check_other_threads_run_meanwhile():
    ticks, stop = [0], threading.Event()

    def tick():
        while not stop.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    ticker = threading.Thread(target=tick)
    ticker.start()
    before, begin = ticks[0], time.monotonic()
    MODEL.solve([HARD] * 16, segments=16, halting=False)
    seconds = time.monotonic() - begin
    stop.set()
    ticker.join()
    assert ticks[0] - before > 20 * seconds, f"{ticks[0] - before} ticks in {seconds:.2f} s: is the lock held?"
    expected = MODEL.solve([EASY, HARD]).json()
    found = []
    threads = [threading.Thread(target=lambda: found.append(MODEL.solve([EASY, HARD]).json())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def check_messages_go_to_the_log():
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logging.getLogger("hrm_cpp").addHandler(handler)
    done = subprocess.run([sys.executable, "-c", f"import hrm_cpp; hrm_cpp.Model({PATH!r}).solve({EASY!r})"],
                          capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == done.stderr == "", done
    family = hrm_cpp.Family({"family": "sudoku", "box_rows": 4, "box_columns": 4})
    family.read("0123456789ABCDEF" + "." * 240)
    logging.getLogger("hrm_cpp").removeHandler(handler)
    assert len(lines) == 1 and "digits are read as" in lines[0], lines


def check_everything_is_documented_and_typed():
    for name in hrm_cpp.__all__:
        thing = getattr(hrm_cpp, name)
        if not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        assert inspect.getdoc(thing), f"{name} has no documentation"
        for member, function in inspect.getmembers(thing, inspect.isfunction) if inspect.isclass(thing) else [(name, thing)]:
            if member.startswith("_") or function.__module__.split(".")[0] != "hrm_cpp":
                continue
            assert inspect.getdoc(function), f"{name}.{member} has no documentation"
            signature = inspect.signature(function)
            for parameter in list(signature.parameters.values()):
                assert parameter.name == "self" or parameter.annotation is not parameter.empty, f"{name}.{member}: {parameter}"
            assert signature.return_annotation is not signature.empty, f"{name}.{member} has no type of its result"
    try:
        import mypy  # noqa: F401
    except ImportError:
        return
    folder = pathlib.Path(hrm_cpp.__file__).parent
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def check_the_example():
    done = subprocess.run([sys.executable, SOURCE / "examples/python/watch.py", PATH], capture_output=True, text=True)
    assert done.returncode == 0 and "the rules accept it -- one solution" in done.stdout, done


def main():
    names = [word for word in sys.argv[1:] if not word.startswith("--")]
    checks = {name[6:]: check for name, check in globals().items() if name.startswith("check_")}
    failures = 0
    for name, check in checks.items():
        if names and name not in names:
            continue
        begin = time.monotonic()
        try:
            check()
            print(f"{name}: passed ({time.monotonic() - begin:.1f} s)", flush=True)
        except Exception as error:  # every check is run
            failures += 1
            import traceback
            traceback.print_exc()
            print(f"{name}: FAILED: {error}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
