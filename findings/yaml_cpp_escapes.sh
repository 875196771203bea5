#!/usr/bin/env bash
# yaml-cpp: the escapes \_ and \N become a byte that is no UTF-8.
#
# libyaml-cpp 0.7.0+dfsg-8+b1 (Debian 12). YAML has escapes for four characters: \N (U+0085), \_ (U+00A0), \L (U+2028) and
# \P (U+2029). PyYAML writes the first two for such characters in quoted text. yaml-cpp reads \L and \P as UTF-8, but \N
# and \_ as the single bytes 85 and a0, so that valid YAML in ASCII gives text that is not UTF-8.
#
# Seen: "\N" 85, "\_" a0, "\L" e2 80 a8, "\P" e2 80 a9.
# Exit code 1 if that is no longer so.
set -euo pipefail
version=0.7.0+dfsg-8+b1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download "libyaml-cpp0.7=$version" "libyaml-cpp-dev=$version" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
cat >bytes.cc <<'END'
#include <yaml-cpp/yaml.h>

#include <cstdio>

int main() {
  for (const char* text : {"\"\\N\"", "\"\\_\"", "\"\\L\"", "\"\\P\""}) {
    std::printf("%s", text);
    for (const unsigned char byte : YAML::Load(text).as<std::string>()) std::printf(" %02x", byte);
    std::printf("\n");
  }
}
END
library=$(find root -name 'libyaml-cpp.so.0.7*' | head -1)
g++ -std=c++17 -Iroot/usr/include bytes.cc "$library" -o bytes
LD_LIBRARY_PATH=$(dirname "$library") ./bytes | tee seen
printf '"\\N" 85\n"\\_" a0\n"\\L" e2 80 a8\n"\\P" e2 80 a9\n' | diff - seen
