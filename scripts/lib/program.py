"""What the Python scripts share: where the source, the program and the shared data are, their arguments, and how they run
the program.

Environment: HRM, the program (default build/release/bin/hrm); HRM_SHARED, the folder of data (default ../shared);
HRM_SERVER_VENV, the environment of scripts/real_server (default .venv-server).
"""
import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
HRM = os.environ.get("HRM", str(SOURCE / "build/release/bin/hrm"))
SHARED = pathlib.Path(os.environ.get("HRM_SHARED", SOURCE.parent / "shared"))
SERVER_VENV = pathlib.Path(os.environ.get("HRM_SERVER_VENV", SOURCE / ".venv-server"))
PROCESSORS = len(os.sched_getaffinity(0))
BEGIN = time.monotonic()


def parser(description, numbers):
    """A parser of a script's arguments, with its documentation as --help. numbers: whole numbers, by name, with defaults."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in numbers.items():
        made.add_argument("--" + name.replace("_", "-"), type=int, default=default)
    return made


def hrm(*words, quiet=False):
    """Shows the command and runs it; returns what it prints, and prints that too unless quiet. A failure ends the script:
    an interruption with its own exit code, 130."""
    words = [str(word) for word in words]
    print("$ hrm " + shlex.join(words), flush=True)
    with subprocess.Popen([HRM, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None) as running:
        try:
            out, errors = running.communicate()
        except KeyboardInterrupt:  # the program has got it too, and saves its state
            running.communicate()
            raise
    if not quiet:
        print(out, end="", flush=True)
    if running.returncode == 130:
        sys.exit(130)
    if running.returncode != 0:
        sys.exit(f"hrm {shlex.join(words[:2])}: exit code {running.returncode}\n{errors or ''}")
    return out


def make(path, *words):
    """Runs hrm with --out path, unless the path is there: hrm leaves whole files or none. Returns the path."""
    if not path.exists():
        hrm(*words, "--out", path, quiet=True)
    return path


def train(run, *words, quiet=True):
    """A run of `hrm lm train` or `hrm reward train`, from where it stopped. Returns its report."""
    report = run / "report.json"
    if not report.exists() or json.loads(report.read_text())["end"] != "finished":
        hrm(*words, "--resume", "--out", run, quiet=quiet)
    return json.loads(report.read_text())


def title(text):
    print(f"\n== {text} ({time.monotonic() - BEGIN:.0f} s)\n", flush=True)
