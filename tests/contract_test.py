#!/usr/bin/env python3
"""schemathesis finds no answer of hrm serve that contradicts its contract, /openapi.json.

    HRM=build/release/bin/hrm tests/contract_test.py [EXAMPLES]

EXAMPLES: how many random requests per route (default 100). Skipped where schemathesis is not installed (scripts/setup
installs it into .venv). A request that fits the contract but means nothing, such as a Sudoku of 80 cells, gets status
422 with a reason: schemathesis is told that this is an answer too.
"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "lib"))
from serving import SOURCE, Server  # noqa: E402

SETTINGS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 413, 422, 429, 503]
"""

schemathesis = SOURCE / ".venv/bin/schemathesis"
if not schemathesis.exists():
    print("skipped: .venv has no schemathesis; scripts/setup installs it")
    sys.exit(77)
with Server("--reward-model", "truth", "--runs", str(SOURCE / "models")) as server, tempfile.TemporaryDirectory() as folder:
    settings = pathlib.Path(folder) / "schemathesis.toml"
    settings.write_text(SETTINGS)
    done = subprocess.run([schemathesis, "--config-file", settings, "run", f"{server.address}/openapi.json", "--seed", "1",
                           "--max-examples", sys.argv[1] if len(sys.argv) > 1 else "100", "--generation-database", "none", "--no-color"],
                          cwd=folder, capture_output=True, text=True, check=False)
print(done.stdout, done.stderr)
sys.exit(done.returncode)
