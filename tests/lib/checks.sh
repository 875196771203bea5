# For the whole-program tests in bash, which source it: a folder to work in, which is removed at the end, and checks that
# count. End with: finish
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
set -u
HRM=${HRM:?set HRM to the program}
SOURCE=${HRM_SOURCE_DIR:-$(cd "$(dirname "$0")/.." && pwd)}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1
[ -x "$HRM" ] || { echo "$HRM is not a program"; exit 1; }
checks=0 failures=0

fail() {
  failures=$((failures + 1))
  printf 'FAILED: %s\n  stdout: %s\n  stderr: %s\n' "$1" "$(head -c 600 out)" "$(head -c 600 err)"
}

# expect CODE COMMAND...: runs it; standard output and error stay in the files out and err.
expect() {
  local wanted=$1 code
  shift
  checks=$((checks + 1))
  "$@" >out 2>err
  code=$?
  [ "$code" = "$wanted" ] || fail "'$*' ended with $code, expected $wanted"
}

# says FILE TEXT: the last command wrote TEXT there. lacks FILE TEXT: it did not. silent FILE: it wrote nothing.
says() {
  checks=$((checks + 1))
  grep -qF -e "$2" "$1" || fail "'$2' is not in $1"
}
lacks() {
  checks=$((checks + 1))
  ! grep -qF -e "$2" "$1" || fail "'$2' is in $1"
}
silent() {
  checks=$((checks + 1))
  [ ! -s "$1" ] || fail "$1 should be empty"
}

# refuses TEXT COMMAND...: exit code 2, one line on standard error that holds TEXT, nothing on standard output.
refuses() {
  local text=$1
  shift
  expect 2 "$@"
  silent out
  says err "$text"
  checks=$((checks + 1))
  [ "$(wc -l <err)" = 1 ] || fail "'$*' wrote more than one line"
}

finish() {
  echo "$checks checks, $failures failures"
  [ "$failures" = 0 ]
}
