#!/bin/bash
# hrm help from outside: pages that man reads without a warning, completions that each shell completes with, and the same
# bytes every time.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
. "$(dirname "$0")/lib/checks.sh"
mkdir bin && ln -s "$HRM" bin/hrm && PATH=$PWD/bin:$PATH

# --- help ---
expect 0 "$HRM" help tree grow
cp out by_help
expect 0 "$HRM" tree grow --help
checks=$((checks + 1))
cmp -s out by_help || fail "hrm help tree grow is not hrm tree grow --help"
expect 0 "$HRM" help
cp out by_help
expect 0 "$HRM" --help
checks=$((checks + 1))
cmp -s out by_help || fail "hrm help is not hrm --help"
refuses "did you mean 'solve'?" "$HRM" help slove
refuses "did you mean 'grow'?" "$HRM" help --man tree grw
refuses "'now' was given" "$HRM" help solve now
refuses "bash|zsh|fish" "$HRM" help --completion
refuses "powershell" "$HRM" help --completion powershell
refuses "--man" "$HRM" help --man --completion bash
echo text >file
refuses "give a folder" "$HRM" help --write file

# --- pages and scripts, twice ---
expect 0 "$HRM" help --write share
silent out
says err "completions for bash, zsh and fish"
expect 0 "$HRM" help --write again --quiet
silent err
checks=$((checks + 1))
diff -r share again >out 2>err || fail "written twice, the pages differ"
for command in $("$HRM" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\)  .*/\1/p'); do
  checks=$((checks + 1))
  [ -s "share/man/man1/hrm-$command.1" ] || fail "hrm $command has no page"
done
expect 0 "$HRM" help --man data generate sudoku
cp out page
checks=$((checks + 1))
cmp -s page share/man/man1/hrm-data-generate-sudoku.1 || fail "--man and --write disagree"
says page '\fB\-\-size\fR'

if command -v man >/dev/null && command -v groff >/dev/null; then
  for page in share/man/man1/*.1; do
    checks=$((checks + 1))
    MANROFFSEQ='' MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" >/dev/null 2>err
    [ ! -s err ] || fail "man warns of $page"
  done
  # What a reader sees is what was meant: quotes, backslashes and dashes as they are typed.
  LC_ALL=C.UTF-8 MANWIDTH=200 man -l share/man/man1/hrm-grade.1 2>/dev/null | col -b >out
  says out 'hrm grade "\frac12" 0.5'
  says out '--limit-ms MS'
  says out '0 to 1000'
  LC_ALL=C.UTF-8 MANWIDTH=200 man -l share/man/man1/hrm.1 2>/dev/null | col -b >out
  says out 'HRM_THREADS'
  says out 'hrm-solve(1)'
fi

# --- bash ---
# completes WORDS... [TAB here]: what bash offers for the last word, one per line.
completes() {
  bash --norc -c '
    source share/bash-completion/completions/hrm
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _hrm
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@" >out 2>err
}
offers() { # WORD that stands alone on a line
  checks=$((checks + 1))
  grep -qxF -e "$1" out || fail "'$1' is not offered"
}
lacks() {
  checks=$((checks + 1))
  ! grep -qxF -e "$1" out || fail "'$1' is offered"
}
mkdir -p "runs/my model" && touch puzzle.txt
expect 0 bash -n share/bash-completion/completions/hrm
completes hrm tr; offers train; offers tree; lacks solve; silent err
completes hrm tree g; offers grow; lacks train
completes hrm eval --vi; offers --views; lacks --model
completes hrm eval --views 8 --plo; offers --plot
completes hrm eval --halting o; offers on; offers off
completes hrm eval --halting = of; offers off; lacks on
completes hrm eval --halting =; offers on
completes hrm eval --model ru; offers runs
completes hrm eval --model "runs/my"; offers "runs/my model"
completes hrm eval --data pu; lacks puzzle.txt  # a folder is wanted
completes hrm help --completion z; offers zsh
completes hrm select bon x --pick best,w; offers best,weighted
completes hrm train --out runs/a arch.hid; offers arch.hidden_size=
completes hrm train --out train arch.hid; offers arch.hidden_size=  # the value is not a subcommand
completes hrm train arch.hidden_size = 1; lacks arch.hidden_size=
completes hrm help sol; offers solve
completes hrm -q data ge; offers generate
completes hrm nonsense ""; silent err

# --- zsh: asked through a terminal, as it completes only there ---
if command -v zsh >/dev/null && command -v python3 >/dev/null; then
  expect 0 zsh -n share/zsh/site-functions/_hrm
  expect 0 python3 "$SOURCE/tests/lib/zsh_completion.py" share/zsh/site-functions "hrm eval --seg" "hrm tree gro" \
    "hrm help --completion fi" "hrm eval --halting of" "hrm grade puzz" "hrm help sol"
  for line in "hrm eval --segments" "hrm tree grow" "hrm help --completion fish" "hrm eval --halting off" \
    "hrm grade puzzle.txt" "hrm help solve"; do says out "$line"; done
fi

# --- fish ---
if command -v fish >/dev/null; then
  expect 0 fish --no-config --no-execute share/fish/vendor_completions.d/hrm.fish
  fishes() {
    HOME=$PWD fish --no-config -c "source share/fish/vendor_completions.d/hrm.fish; complete -C '$1'" 2>err |
      cut -f1 >out
  }
  fishes "hrm tr"; offers train; offers tree; lacks solve; silent err
  fishes "hrm tree g"; offers grow; lacks train
  fishes "hrm eval --vi"; offers --views
  fishes "hrm eval --halting o"; offers on; offers off
  fishes "hrm grade puzz"; offers puzzle.txt
  fishes "hrm help --completion z"; offers zsh
  fishes "hrm train --out train arch.hid"; offers arch.hidden_size=
fi

finish
