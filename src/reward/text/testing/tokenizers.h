// What tests of this room share. Test code only.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/testing/paths.h"
#include "text/byte_alphabet.h"
#include "text/tokenizer.h"

namespace hrm::text {

inline std::vector<Json> read_lines(const std::filesystem::path& path) {
  std::vector<Json> values;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) values.push_back(parse_json(line, path.string()));
  return values;
}

// All bytes as ids 0 to 255, and the merges of those words, each a token.
inline TokenizerSpec small_spec(const std::vector<std::pair<std::string, std::string>>& merges = {}) {
  TokenizerSpec spec{.merges = merges, .splits = {kGpt2Split}};
  for (int b = 0; b < 256; ++b) spec.vocabulary[to_byte_alphabet(std::string(1, static_cast<char>(b)))] = b;
  for (const auto& [left, right] : merges)
    spec.vocabulary.emplace(left + right, static_cast<int32_t>(spec.vocabulary.size()));
  return spec;
}

}  // namespace hrm::text
