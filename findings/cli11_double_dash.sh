#!/usr/bin/env bash
# CLI11 2.1.2 (Debian 12, libcli11-dev 2.1.2+ds-1): in a subcommand, `--` protects what follows it only if no operand
# stands before it.
#
# Seen: a program with an operand list (one or two values) takes `1 -- --5` as the two operands 1 and --5. A subcommand
# with the same list takes `-- 1 --5`, but refuses `1 -- --5`: "The following argument was not expected: --5". POSIX
# utilities end their options at the first `--`, wherever it stands.
#
# What hrm does: `hrm grade` and `hrm solve` take `--` off themselves and mark what stood behind it before CLI11 sees it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download libcli11-dev=2.1.2+ds-1 >/dev/null 2>&1
dpkg -x libcli11-dev_*.deb root
cat >program.cc <<'CODE'
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  CLI::App app;
  std::vector<std::string> own, of_sub;
  app.add_option("words", own)->expected(1, 2);
  app.add_subcommand("sub")->add_option("words", of_sub)->expected(1, 2);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::cout << "refused\n";
    return 0;
  }
  for (const auto& word : own) std::cout << word << ' ';
  for (const auto& word : of_sub) std::cout << word << ' ';
  std::cout << '\n';
}
CODE
g++ -std=c++17 -O0 -Iroot/usr/include program.cc -o program
fault=0
expect() { # what is seen, then the arguments
  local seen
  seen=$(./program "${@:2}")
  printf '%-14s -> %s\n' "${*:2}" "$seen"
  [[ "$seen" == "$1" ]] || fault=1
}
expect "1 --5 " 1 -- --5
expect "1 --5 " sub -- 1 --5
expect "refused" sub 1 -- --5
((fault == 0)) || echo "the behavior has changed"
exit $fault
