"""What the Python scripts share: where the source, the program and the shared data are, their arguments, and how they run
the program.

Environment: HRM, the program (default build/release/bin/hrm); HRM_SHARED, the folder of data (default ../shared);
HRM_SERVER_VENV, the environment of scripts/real_server (default .venv-server).
"""
import argparse
import os
import pathlib
import shlex
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
HRM = os.environ.get("HRM", str(SOURCE / "build/release/bin/hrm"))
SHARED = pathlib.Path(os.environ.get("HRM_SHARED", SOURCE.parent / "shared"))
SERVER_VENV = pathlib.Path(os.environ.get("HRM_SERVER_VENV", SOURCE / ".venv-server"))
PROCESSORS = len(os.sched_getaffinity(0))


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
    done = subprocess.run([HRM, *words], check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None)
    if not quiet:
        print(done.stdout, end="", flush=True)
    if done.returncode == 130:
        sys.exit(130)
    if done.returncode != 0:
        sys.exit(f"hrm {shlex.join(words[:2])}: exit code {done.returncode}\n{done.stderr or ''}")
    return done.stdout
