#!/bin/bash
# A full disk: what writes stops with exit code 1 and one line, leaves what was there whole and nothing half-written, and
# goes on to the same result once there is room. On a separate small file system where this user may mount one, else
# under a limit on the size of files.
#   HRM: the program; HRM_SOURCE_DIR: the source tree.
if [ -z "${HRM_FULL_DISK:-}" ]; then
  export HRM_FULL_DISK=limit
  if unshare -rm sh -c 'mount -t tmpfs none /mnt' 2>/dev/null; then HRM_FULL_DISK=tmpfs exec unshare -rm bash "$0"; fi
fi
. "$(dirname "$0")/lib/checks.sh"
mkdir disk
[ "$HRM_FULL_DISK" = limit ] || mount -t tmpfs -o size=32m none disk || exit 1

# cramped KIB COMMAND...: runs it where so many KiB are left, or where no file can grow beyond them.
cramped() {
  local kib=$1 left code
  shift
  if [ "$HRM_FULL_DISK" = limit ]; then
    (ulimit -f "$kib" && exec "$@")
    return
  fi
  left=$(df --output=avail disk | tail -n 1)
  head -c $(((left - kib) * 1024)) /dev/zero >disk/filler
  "$@"
  code=$?
  rm disk/filler
  return $code
}
# full KIB COMMAND...: it stops there as it should.
full() {
  expect 1 cramped "$@"
  checks=$((checks + 1))
  [ "$(wc -l <err)" = 1 ] && grep -q 'No space left on device\|File too large' err || fail "'$*' should say in one line why"
}
# leaves NAME...: nothing else lies on the disk.
leaves() {
  checks=$((checks + 1))
  [ "$(ls disk)" = "$(printf '%s\n' "$@")" ] || fail "on the disk: $(ls disk | tr '\n' ' ')"
}
same() {
  checks=$((checks + 1))
  cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# --- growth: the store, and the cache of replies ---
expect 0 "$HRM" world make --count 60 --seed 1 --out problems.jsonl operations=3
grow=("$HRM" tree grow problems.jsonl --policy arithmetic:slip=0.2 --steps line --answer gsm8k --depth 6 --children 3
  --in-flight 4 --json)
expect 0 "${grow[@]}" --store whole.tree
expect 0 "$HRM" tree export whole.tree --out whole.jsonl
[ "$(stat -c %s whole.tree)" -gt 140000 ] || fail "the store is smaller than the room that growth is given below"
for kib in 20 40 60; do
  full $kib "${grow[@]}" --store disk/a.tree
  says err "earlier records are kept"
  expect 0 "$HRM" tree check disk/a.tree
  says out "sound"
  expect 0 "$HRM" tree label disk/a.tree
done
expect 0 "${grow[@]}" --store disk/a.tree
expect 0 "$HRM" tree export disk/a.tree --out disk/a.jsonl
same disk/a.jsonl whole.jsonl
rm disk/*

full 60 "${grow[@]}" --store b.tree --cache disk/replies
says err disk/replies
expect 0 "$HRM" tree check b.tree
expect 0 "${grow[@]}" --store b.tree --cache disk/replies
expect 0 "$HRM" tree export b.tree --out b.jsonl
same b.jsonl whole.jsonl
expect 0 "${grow[@]}" --store c.tree --cache disk/replies
says out '"attempts": 0,'
rm disk/*

# --- stores from others ---
full 60 "$HRM" tree merge whole.tree --out disk/merged.tree
leaves
full 60 "$HRM" tree import whole.jsonl --store disk/imported.tree
expect 0 "$HRM" tree import whole.jsonl --store disk/imported.tree
expect 0 "$HRM" tree export disk/imported.tree --out disk/imported.jsonl
same disk/imported.jsonl whole.jsonl
rm disk/*

# --- files that are whole or absent: at once too little room, and too little for the last step alone ---
expect 0 "$HRM" rows build whole.tree --kind prm --out rows.jsonl
size=$(stat -c %s rows.jsonl)
for kib in 8 $(((size - 1) / 1024)); do
  full "$kib" "$HRM" rows build whole.tree --kind prm --out disk/rows.jsonl
  leaves
done
expect 0 "$HRM" world solve problems.jsonl --n 4 --out scored.jsonl
for i in $(seq 1000); do echo "{\"given\":\"$i\",\"gold\":\"7\"}"; done >pairs.jsonl
for command in "grade pairs.jsonl --out" "tree export whole.tree --out" "tree label whole.tree --out" "tree compress whole.tree --out" \
  "world solve problems.jsonl --n 4 --out" "world judge scored.jsonl --out" "rows convert whole.tree --to trl --out"; do
  full 16 "$HRM" $command disk/new
  leaves
  echo before >disk/new
  full 16 "$HRM" $command disk/new
  leaves new
  checks=$((checks + 1))
  [ "$(cat disk/new)" = before ] || fail "'$command' changed the file that was there"
  rm disk/new
done
expect 0 "$HRM" rows build whole.tree --kind orm --out disk/rows.jsonl
cp disk/rows.jsonl before.jsonl
full 8 "$HRM" rows build whole.tree --kind hierarchical --out disk/rows.jsonl
same disk/rows.jsonl before.jsonl
leaves rows.jsonl rows.jsonl.meta.json
rm disk/*

# --- reports ---
for command in "select bon scored.jsonl" "select steps scored.jsonl --scorer value" "world study problems.jsonl" \
  "world labels whole.tree"; do
  full 1 "$HRM" -q $command --out disk/report
  checks=$((checks + 1))
  [ -z "$(find disk -name '*.tmp.*')" ] || fail "$command left $(find disk -name '*.tmp.*')"
  expect 0 "$HRM" -q $command --out disk/report
  rm -r disk/report
done

# --- standard output ---
for command in "world make" "tree export whole.tree" "tree label whole.tree --json" "select bon scored.jsonl"; do
  checks=$((checks + 1))
  : >out
  "$HRM" -q $command >/dev/full 2>err
  [ $? = 1 ] && [ "$(wc -l <err)" = 1 ] || fail "'$command' on a full standard output"
done

cd / && umount "$WORK/disk" 2>/dev/null
cd "$WORK" && finish
