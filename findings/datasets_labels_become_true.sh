#!/usr/bin/env bash
# datasets: soft labels of steps become `true` where an earlier file has hard ones.
#
# datasets 5.2.0, pyarrow 26.0.1. `load_dataset("json", ...)` takes the type of a column from the first file. If its step
# labels are true and false, and a later file has labels between 0 and 1, the later labels are converted without a
# message: everything but 0 is true, so a step of label 0.02 trains as a right one. With the files in the other order the
# labels stay numbers. After a file with the labels 0 and 1, the same labels are refused.
#
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet datasets==5.2.0 pyarrow==26.0.1 2>/dev/null
cat >hard.jsonl <<'END'
{"prompt": "1 + 1 + 1", "completions": ["1 + 1 = 2", "2 + 1 = 4"], "labels": [true, false]}
END
cat >soft.jsonl <<'END'
{"prompt": "2 + 2 + 2", "completions": ["2 + 2 = 5", "5 + 2 = 7"], "labels": [0.02, 0.0]}
END
sed 's/true/1/; s/false/0/' hard.jsonl >numbers.jsonl
cat >load.py <<'END'
import os, sys
os.environ["HF_DATASETS_OFFLINE"] = "1"
import datasets
datasets.disable_progress_bars()
datasets.logging.set_verbosity(datasets.logging.CRITICAL)
for first in sys.argv[1:]:
    files = [f + ".jsonl" for f in first.split("+")]
    try:
        rows = datasets.load_dataset("json", data_files=files, split="train", cache_dir="cache")
        print(first, [row["labels"] for row in rows])
    except datasets.exceptions.DatasetGenerationError as error:
        print(first, "refused:", error.__cause__ or error)
END
venv/bin/python load.py hard+soft soft+hard numbers+soft | tee seen
diff - seen <<'END'
hard+soft [[True, False], [True, False]]
soft+hard [[0.02, 0.0], [1.0, 0.0]]
numbers+soft refused: Float value 0.020000 was truncated converting to int64
END
