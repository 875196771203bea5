#!/usr/bin/env bash
# datasets: an answer that is written like a date changes its text, depending on where it stands in the file.
#
# datasets 5.2.0, pyarrow 26.0.1. `load_dataset("json", ...)` reads a file in blocks of some megabytes, and pyarrow gives
# each block its own types: a column of texts that all look like ISO dates becomes a column of times. datasets then
# converts it to the type of the first block. Where that is text, "2021-03-04" comes back as "2021-03-04 00:00:00", and an
# answer compared as text is wrong. The same text in a block with any other text stays as it is.
#
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet datasets==5.2.0 pyarrow==26.0.1 2>/dev/null
cat >load.py <<'END'
import collections, json, os
os.environ["HF_DATASETS_OFFLINE"] = "1"
import datasets
datasets.disable_progress_bars()
# One file: answers of other kinds, then many dates. Both kinds of answers meet in one block in the middle.
with open("answers.jsonl", "w") as out:
    for answer in ["next Monday"] * 700_000 + ["2021-03-04"] * 700_000:
        out.write(json.dumps({"answer": answer}) + "\n")
rows = datasets.load_dataset("json", data_files="answers.jsonl", split="train", cache_dir="cache")
print(rows.features["answer"], sorted(set(rows["answer"])))
# All of them dates: the column is no text at all.
with open("dates.jsonl", "w") as out:
    out.write('{"answer": "2021-03-04"}\n')
rows = datasets.load_dataset("json", data_files="dates.jsonl", split="train", cache_dir="cache")
print(rows.features["answer"], type(rows[0]["answer"]).__name__)
END
venv/bin/python load.py | tee seen
diff - seen <<'END'
Value('string') ['2021-03-04', '2021-03-04 00:00:00', 'next Monday']
Value('timestamp[s]') datetime
END
