#!/usr/bin/env bash
# @huggingface/jinja: `lstrip("\n")` removes indentation too, so an answer that begins with spaces loses them.
#
# @huggingface/jinja 0.5.11 (npm; the templates of transformers.js), Jinja2 3.1.6. The methods strip, lstrip and rstrip take
# an argument and ignore it: they always strip white space. Chat templates of reasoning models cut the thoughts off and
# then strip line breaks only. Rendered in Python, an answer behind the thoughts keeps the indentation of its first line;
# rendered in JavaScript it does not, so the same conversation has other tokens. Where the characters are not white
# space, nothing is removed at all. Neither is reported.
#
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet Jinja2==3.1.6 2>/dev/null
npm install --silent --no-fund --no-audit @huggingface/jinja@0.5.11 >/dev/null
cat >cases.json <<'END'
["{{ (answer.split('</think>') | last).lstrip('\\n') | tojson }}", "{{ 'two  \\n'.rstrip('\\n') | tojson }}",
 "{{ '##Title##'.strip('#') | tojson }}"]
END
cat >render.py <<'END'
import json, jinja2
for case in json.load(open("cases.json")):
    print("python    ", jinja2.Template(case).render(answer="<think>\n2 + 2\n</think>\n\n    return 4"))
END
cat >render.mjs <<'END'
import fs from "node:fs";
import { Template } from "@huggingface/jinja";
for (const one of JSON.parse(fs.readFileSync("cases.json")))
  console.log("javascript", new Template(one).render({ answer: "<think>\n2 + 2\n</think>\n\n    return 4" }));
END
{ venv/bin/python render.py; node render.mjs; } | tee seen
diff - seen <<'END'
python     "    return 4"
python     "two  "
python     "Title"
javascript "return 4"
javascript "two"
javascript "##Title##"
END
