#!/usr/bin/env bash
# TRL: the trainer of process reward models is gone, and its data format stays.
#
# trl 1.13.0 and 1.14.0. Version 1.13 has PRMTrainer (trl.experimental.prm), which tokenizes stepwise rows {prompt,
# completions, labels}. Version 1.14 has neither the trainer nor its tokenization, a minor version later; data sets of that
# form are still on the Hub. Whoever compares with its tokens must pin 1.13.
#
# Seen: 1.13.0 has trl/experimental/prm/prm_trainer.py; no file of 1.14.0 holds "PRMTrainer" as a class.
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for version in 1.13.0 1.14.0; do
  python3 -m pip download --quiet --no-deps "trl==$version" --dest . 2>/dev/null
  python3 -m zipfile -e "trl-$version-py3-none-any.whl" "$version"
  classes=$(grep -rl '^class PRMTrainer' "$version" | sed "s|^$version/||" || true)
  echo "trl $version: ${classes:-no class PRMTrainer}" | tee -a seen
done
diff - seen <<'END'
trl 1.13.0: trl/experimental/prm/prm_trainer.py
trl 1.14.0: no class PRMTrainer
END
