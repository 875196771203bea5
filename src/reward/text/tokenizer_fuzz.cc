// Round trips under tokenizers of known pre-tokenizers that normalize nothing: valid UTF-8 comes back as it was, other
// bytes as their replacement; a stream gives what decoding at once gives.
#include <cstdint>
#include <cstdlib>

#include "base/utf8.h"
#include "text/byte_alphabet.h"
#include "text/character_alphabet.h"
#include "text/nfc.h"
#include "text/tokenizer.h"

namespace {

using namespace hrm;
using namespace hrm::text;

Tokenizer make(const char* pre) {
  GgmlVocabulary vocabulary{.model = "gpt2", .pre = pre};
  for (int b = 0; b < 256; ++b) vocabulary.tokens.push_back(to_byte_alphabet(std::string(1, static_cast<char>(b))));
  for (const auto* merge : {"Ġ a", "a b", "ab a", "Ġ Ġ", "ĠĠ ĠĠ", "1 2", "Ã ©", "e Ì", "' s"}) {
    vocabulary.merges.emplace_back(merge);
    std::string token(merge);
    vocabulary.tokens.push_back(token.erase(token.find(' '), 1));
  }
  vocabulary.types.assign(vocabulary.tokens.size(), 1);
  vocabulary.tokens.emplace_back("<s>");
  vocabulary.types.push_back(3);
  vocabulary.bos = static_cast<int64_t>(vocabulary.tokens.size()) - 1;
  return {spec_of(vocabulary, pre), pre};
}

// Over characters, without added tokens: those would put a blank behind themselves.
Tokenizer make_of_characters() {
  GgmlVocabulary vocabulary{.model = "llama", .add_bos = false};
  for (int b = 0; b < 256; ++b) vocabulary.tokens.push_back(byte_token(static_cast<uint8_t>(b)));
  vocabulary.types.assign(256, 6);
  for (const auto* token : {"\u2581", "a", "b", "ab", "aba", "\u2581a", "\u2581\u2581", "1", "\u00e9"})
    vocabulary.tokens.emplace_back(token);
  vocabulary.types.resize(vocabulary.tokens.size(), 1);
  vocabulary.scores.assign(vocabulary.tokens.size(), -1);
  return {spec_of(vocabulary, "characters"), "characters"};
}

void require(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Tokenizer tokenizers[] = {make("gpt-2"), make("llama-bpe"), make("smollm"), make("default")};
  const std::string given(reinterpret_cast<const char*>(data), size);
  const std::string valid = to_valid_utf8(given);
  for (const Tokenizer& tokenizer : tokenizers) {
    const std::vector<int32_t> ids = tokenizer.encode(given, Part::kText);
    require(tokenizer.decode(ids) == valid);
    require(tokenizer.encode(given, Part::kText) == ids);  // now from the cache
  }
  static const Tokenizer characters = make_of_characters();
  for (const Part part : {Part::kText, Part::kContinuation}) {
    const std::string text = (part == Part::kContinuation ? " " : "") + with_blanks(valid);
    require(characters.decode(characters.encode(text, part)) == with_blanks(valid));
  }
  const std::string composed = to_nfc(valid);
  require(is_valid_utf8(composed) && to_nfc(composed) == composed);

  StreamDecoder stream(tokenizers[0], Specials::kKeep);
  std::vector<int32_t> bytes(data, data + size);  // ids, most of them single bytes in the order of their values
  std::string streamed;
  for (const int32_t id : bytes) {
    streamed += stream.push(id);
    require(is_valid_utf8(streamed));
    if (streamed.size() > 4096) break;
  }
  streamed += stream.finish();
  if (streamed.size() <= 4096) require(streamed == tokenizers[0].decode(bytes));
  return 0;
}
