#!/usr/bin/env bash
# sympy: with implicit multiplication, a factorial sign takes the whole run of letters, and an exponent its last letter.
#
# sympy 1.14.0. `parse_expr` with `implicit_multiplication_application` reads "xy!" as (x*y)! and "x2!" as (2*x)!, but "x y!"
# as x*y! and "xy^2" (with `convert_xor`) as x*y**2. The factorial is rewritten before a run of letters is split into
# symbols. Graders of mathematics that use this parser (PRM800K's among them) call "xy!" and "x*y!" different.
#
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet sympy==1.14.0 2>/dev/null
cat >parse.py <<'END'
from sympy.parsing.sympy_parser import (
    convert_xor, implicit_multiplication_application, parse_expr, standard_transformations)

for text in ("xy!", "x2!", "x y!", "x*y!", "xy^2"):
    print(text, "=", parse_expr(text, transformations=standard_transformations + (implicit_multiplication_application, convert_xor)))
END
venv/bin/python parse.py | tee seen
diff - seen <<'END'
xy! = factorial(x*y)
x2! = factorial(2*x)
x y! = x*factorial(y)
x*y! = x*factorial(y)
xy^2 = x*y**2
END
