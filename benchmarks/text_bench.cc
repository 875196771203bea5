// Tokenizer throughput on one thread: text_bench TOKENIZER.json TEXTS.jsonl[.zst] prints one JSON value. A text is the
// fields "question" and "answer" of a line. The best of five passes counts; the first, with an empty cache, is given too.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "base/error.h"
#include "base/json.h"
#include "formats/zst.h"
#include "text/tokenizer.h"

namespace {

using namespace hrm;

double seconds(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<std::string> read_texts(const char* path) {
  std::vector<std::string> texts;
  std::istringstream lines(read_maybe_zst(path));
  for (std::string line; std::getline(lines, line);) {
    const Json json = parse_json(line, path);
    texts.push_back(json_field<std::string>(json, "question", path) + "\n" + json_field<std::string>(json, "answer", path));
  }
  return texts;
}

void measure(const char* tokenizer_path, const char* texts_path) {
  const double load = seconds([&] { text::Tokenizer::load(tokenizer_path); });
  const text::Tokenizer tokenizer = text::Tokenizer::load(tokenizer_path);
  const std::vector<std::string> texts = read_texts(texts_path);
  std::vector<std::vector<int32_t>> ids(texts.size());
  std::vector<double> encode, decode;
  size_t bytes = 0, tokens = 0;
  for (int pass = 0; pass < 5; ++pass) {
    encode.push_back(seconds([&] {
      for (size_t i = 0; i < texts.size(); ++i) ids[i] = tokenizer.encode(texts[i]);
    }));
    bytes = tokens = 0;
    decode.push_back(seconds([&] {
      for (const auto& row : ids) bytes += tokenizer.decode(row).size();
    }));
    for (const auto& row : ids) tokens += row.size();
  }
  const double megabytes = static_cast<double>(bytes) / 1e6;
  const Json result = {{"bytes", bytes},
                       {"tokens", tokens},
                       {"load_ms", load * 1e3},
                       {"encode_mb_s", megabytes / std::ranges::min(encode)},
                       {"encode_first_mb_s", megabytes / encode[0]},
                       {"decode_mb_s", megabytes / std::ranges::min(decode)}};
  fmt::print("{}\n", printable(result));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw bad_input("text_bench", "usage: text_bench TOKENIZER.json TEXTS.jsonl[.zst]");
    measure(argv[1], argv[2]);
  } catch (const Error& e) {
    fmt::print(stderr, "{}\n", e.what());
    return e.exit_code();
  }
}
