#!/usr/bin/env python3
"""grading_bench, and with a Python that has math-verify the same pairs through it, in one run.

    benchmarks/grading_bench.py [--pairs N] [--python PYTHON] FILE

FILE: JSON lines of {given, gold}, compressed or not. PYTHON: one where `pip install math-verify==0.9.0` was run.
GRADING_BENCH names the program (default build/release/bin/grading_bench).
"""
import argparse
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
BENCH = os.environ.get("GRADING_BENCH", SOURCE / "build/release/bin/grading_bench")
PEER = """
import json, sys, time, logging
logging.disable(logging.CRITICAL)
from math_verify import parse, verify
rows = [json.loads(line) for line in sys.stdin]
begin = time.perf_counter()
for row in rows:
    try:
        verify(parse(f"${row['gold']}$"), parse(f"${row['given'].strip()}$"))
    except Exception:
        pass
print(f"math-verify: {(time.perf_counter() - begin) / len(rows) * 1e3:.2f} ms per pair on {len(rows)} pairs")
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--pairs", type=int, default=300, help="of the sample for math-verify")
    parser.add_argument("--python")
    options = parser.parse_args()
    print(subprocess.run([BENCH, options.file], capture_output=True, text=True, check=True).stdout)
    print("recorded with the golden values: PRM800K grader 4.0 ms, math-verify 21 ms per pair on average")
    if not options.python:
        return
    command = ["zstd", "-dcqf", options.file] if options.file.endswith(".zst") else ["cat", options.file]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    step = max(1, len(lines) // options.pairs)
    subprocess.run([options.python, "-c", PEER], input="\n".join(lines[::step][:options.pairs]), text=True, check=True)


if __name__ == "__main__":
    sys.exit(main())
