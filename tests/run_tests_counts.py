"""scripts/run_tests counts passes, failures, skips, crashes and programs out of time, and ends with its one line."""
import os
import pathlib
import subprocess
import tempfile

SOURCE = pathlib.Path(os.environ["HRM_SOURCE_DIR"])

GOOD = """echo '[ RUN      ] A.Passes'; echo '[       OK ] A.Passes (0 ms)'
echo '[ RUN      ] A.Skips'; echo 'x.cc:3: Skipped'; echo 'skipped: data is absent'; echo '[  SKIPPED ] A.Skips (0 ms)'
"""
FAILS = """echo '[ RUN      ] B.Fails'; echo 'x.cc:3: Failure'; echo '[  FAILED  ] B.Fails (0 ms)'
echo '[  FAILED  ] 1 test, listed below:'; echo '[  FAILED  ] B.Fails'; exit 1
"""
CRASHES = "echo '[ RUN      ] C.Crashes'; kill -SEGV $$"
HANGS = "echo '[ RUN      ] D.Hangs'; sleep 60"
STARTS_BADLY = "echo 'no such library' >&2; exit 127"


def counts(*programs):
    with tempfile.TemporaryDirectory() as folder:
        build = pathlib.Path(folder)
        paths = []
        for number, body in enumerate(programs):
            paths.append(build / f"program_{number}")
            paths[-1].write_text("#!/bin/sh\n" + body)
            paths[-1].chmod(0o755)
        (build / "test_programs.txt").write_text("".join(f"{path}\n" for path in paths))
        end = subprocess.run([SOURCE / "scripts/run_tests", "--time-limit", "2", build], capture_output=True, text=True)
        return end.returncode, end.stdout.splitlines()[-1], end.stdout


def expect(wanted, *programs, shown=()):
    code, last, output = counts(*programs)
    assert (code, last) == wanted, (wanted, code, last, output)
    for text in shown:
        assert text in output, (text, output)


expect((0, "1 passed, 0 failed, 1 skipped"), GOOD, shown=["data is absent"])
expect((1, "1 passed, 1 failed, 1 skipped"), GOOD, FAILS, shown=["x.cc:3: Failure"])
expect((1, "0 passed, 1 failed, 0 skipped"), CRASHES, shown=["C.Crashes", "SIGSEGV"])
expect((1, "0 passed, 1 failed, 0 skipped"), HANGS, shown=["D.Hangs", "still running"])
expect((1, "0 passed, 1 failed, 0 skipped"), STARTS_BADLY, shown=["no such library"])
expect((1, "0 passed, 0 failed, 0 skipped"), shown=["there is no test"])
