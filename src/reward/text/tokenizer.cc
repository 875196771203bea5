#include "text/tokenizer.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/utf8.h"
#include "text/byte_alphabet.h"
#include "text/character_alphabet.h"
#include "text/nfc.h"

namespace hrm::text {
namespace {

constexpr std::string_view kInTokenizer = "text.Tokenizer";

// Whether it could be the beginning of a character whose other bytes are to come.
bool is_incomplete(std::string_view tail) {
  const CodePoint c = decode_utf8(tail);
  if (c.valid || c.size < tail.size()) return false;
  // A maximal prefix that fills the tail: completed by some continuation, or no beginning of a character at all.
  return static_cast<unsigned char>(tail[0]) >= 0xc2 && static_cast<unsigned char>(tail[0]) <= 0xf4;
}

// Bytes at the end that wait for others.
size_t incomplete_size(std::string_view bytes) {
  for (size_t size = std::min<size_t>(3, bytes.size()); size > 0; --size)
    if (is_incomplete(bytes.substr(bytes.size() - size))) return size;
  return 0;
}

std::string marked(std::string_view text) {  // blanks as marks
  std::string result;
  for (const char c : text) c == ' ' ? result += kBlankMark : result += c;
  return result;
}

std::vector<AddedToken> choose(const TokenizerSpec& spec, bool normalized) {
  std::vector<AddedToken> chosen;
  for (const AddedToken& token : spec.added)
    if (token.normalized == normalized) chosen.push_back(token);
  if (normalized && spec.nfc)
    for (AddedToken& token : chosen) token.content = to_nfc(to_valid_utf8(token.content));
  // The normalizer that marks blanks and puts one before every text does so with these, too.
  if (normalized && spec.characters && spec.prefix_space == PrefixSpace::kAlways)
    for (AddedToken& token : chosen)
      if (!token.content.empty()) token.content = marked(" " + token.content);
  return chosen;
}

int32_t checked_id(int64_t id, std::string_view token, std::string_view source) {
  if (id < 0 || id > kMaxTokenId)
    throw bad_input(kInTokenizer, "{}: token '{}' has id {}, expected 0 to {}", source, token.substr(0, 60), id,
                    kMaxTokenId);
  return static_cast<int32_t>(id);
}

// A token of the vocabulary as the bytes that it stands for.
std::string meaning(const TokenizerSpec& spec, std::string_view token) {
  if (!spec.characters) return from_byte_alphabet(token).value_or(std::string(token));
  if (spec.byte_fallback)
    if (const auto byte = byte_of_byte_token(token)) return std::string(1, static_cast<char>(*byte));
  return with_blanks(token);
}

BpeSpec bpe_spec(const TokenizerSpec& spec, std::string_view source) {
  BpeSpec bpe{.byte_ids = std::vector<int32_t>(256, -1), .fuse_unknown = spec.fuse_unknown};
  const auto id_of = [&](const std::string& token, std::string_view what) {
    const auto found = spec.vocabulary.find(token);
    if (found == spec.vocabulary.end())
      throw bad_input(kInTokenizer, "{}: {} '{}' is not in the vocabulary", source, what, token.substr(0, 60));
    return found->second;
  };
  const bool of_bytes = !spec.characters || spec.byte_fallback;
  for (int b = 0; of_bytes && b < 256; ++b) {
    const auto found = spec.vocabulary.find(spec.characters ? byte_token(static_cast<uint8_t>(b))
                                                            : to_byte_alphabet(std::string(1, static_cast<char>(b))));
    if (found != spec.vocabulary.end()) bpe.byte_ids[static_cast<size_t>(b)] = found->second;
  }
  if (spec.characters) bpe.characters.emplace();
  for (const auto& [token, id] : spec.vocabulary) {
    if (!spec.characters || token.empty()) continue;
    const CodePoint c = decode_utf8(token);
    if (c.size != token.size() || c.value == ' ') continue;  // a blank is written as its mark
    bpe.characters->emplace(token == kBlankMark ? U' ' : c.value, id);
  }
  for (const auto& [left, right] : spec.merges)
    bpe.merges.push_back(
        {id_of(left, "part of a merge"), id_of(right, "part of a merge"), id_of(left + right, "result of a merge")});
  if (spec.ignore_merges)
    for (const auto& [token, id] : spec.vocabulary)
      if (auto piece = spec.characters ? std::optional(with_blanks(token)) : from_byte_alphabet(token))
        bpe.whole.emplace(std::move(*piece), id);
  if (spec.unknown) bpe.unknown = id_of(*spec.unknown, "unknown token");
  return bpe;
}

}  // namespace

Tokenizer::Tokenizer(const TokenizerSpec& spec, std::string source)
    : source_(std::move(source)),
      nfc_(spec.nfc),
      characters_(spec.characters),
      prefix_space_(spec.prefix_space),
      dropped_space_(spec.dropped_space),
      prefix_(spec.prefix),
      suffix_(spec.suffix),
      ids_(spec.vocabulary),
      as_written_(choose(spec, false)),
      normalized_(choose(spec, true)),
      splitter_(spec.splits, source_),
      bpe_(bpe_spec(spec, source_)) {
  std::vector<std::string_view> owner;
  const auto put = [&](int64_t any_id, std::string_view token) {
    const auto id = static_cast<size_t>(checked_id(any_id, token, source_));
    if (bytes_.size() <= id) {
      bytes_.resize(id + 1);
      special_.resize(id + 1);
      owner.resize(id + 1);
    }
    if (!owner[id].empty() && owner[id] != token)
      throw bad_input(kInTokenizer, "{}: tokens '{}' and '{}' both have id {}", source_, owner[id].substr(0, 60),
                      token.substr(0, 60), id);
    owner[id] = token;
    bytes_[id] = meaning(spec, token);
  };
  for (const auto& [token, id] : spec.vocabulary) put(id, token);
  for (const AddedToken& token : spec.added) {
    put(token.id, token.content);
    ids_[token.content] = token.id;
    if (token.special) special_[static_cast<size_t>(token.id)] = true;
  }
  for (const auto* frame : {&prefix_, &suffix_})
    for (const int32_t id : *frame)
      if (id < 0 || id >= size())
        throw bad_input(kInTokenizer, "{}: token {} around every text is not in the vocabulary", source_, id);
}

Tokenizer Tokenizer::load(const std::filesystem::path& path) {
  const auto file = std::filesystem::is_directory(path) ? path / "tokenizer.json" : path;
  return {parse_tokenizer_json(read_file(file), file.string()), file.string()};
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, Part part) const {
  std::string mended;
  if (!is_valid_utf8(text)) text = mended = to_valid_utf8(text);
  std::vector<int32_t> ids;
  if (part == Part::kFramed) ids = prefix_;
  ids.reserve(ids.size() + text.size() / 3);
  std::vector<AddedTokenFinder::Span> spans;
  as_written_.split(text, spans);
  Place place = part == Part::kContinuation ? Place::kBehindText : Place::kStart;
  for (const auto& span : spans) {
    if (span.token)
      ids.push_back(span.token->id);
    else
      encode_between(span.text, place, ids);
    place = Place::kBehindToken;
  }
  if (part == Part::kFramed) ids.insert(ids.end(), suffix_.begin(), suffix_.end());
  return ids;
}

void Tokenizer::encode_between(std::string_view text, Place place, std::vector<int32_t>& ids) const {
  std::string composed;
  if (nfc_) text = composed = to_nfc(text);
  const bool mark = characters_ && prefix_space_ == PrefixSpace::kAlways && !normalized_.empty();
  if (mark) text = composed = marked((place == Place::kBehindText ? "" : " ") + std::string(text));
  std::vector<AddedTokenFinder::Span> spans;
  normalized_.split(text, spans);
  for (const auto& span : spans) {
    if (span.token)
      ids.push_back(span.token->id);
    else
      encode_section(span.text, mark ? Place::kBehindText : place, ids);  // marked: its blank is there
    place = Place::kBehindToken;
  }
}

bool Tokenizer::puts_blank(std::string_view section, Place place) const {
  switch (prefix_space_) {
    case PrefixSpace::kNone:
      return false;
    case PrefixSpace::kText:
      return place == Place::kStart && !section.starts_with(' ');
    case PrefixSpace::kSection:
      return place != Place::kBehindText && !section.starts_with(' ');
    case PrefixSpace::kAlways:
      return place != Place::kBehindText;
  }
  return false;
}

void Tokenizer::encode_section(std::string_view text, Place place, std::vector<int32_t>& ids) const {
  std::string changed;
  if (characters_ && text.find(kBlankMark) != std::string_view::npos) text = changed = with_blanks(text);
  if (puts_blank(text, place)) text = changed = " " + std::string(text);
  for (const std::string_view piece : splitter_.split(text)) bpe_.encode(piece, ids);
}

std::string Tokenizer::decode(std::span<const int32_t> ids, Specials specials) const {
  std::string bytes;
  bool first = dropped_space_ == DroppedSpace::kFirstToken;
  for (const int32_t id : ids) {
    if (specials == Specials::kDrop && is_special(id)) continue;
    std::string_view token = bytes_of(id);
    if (first) token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
    first = false;
    bytes += token;
  }
  if (dropped_space_ == DroppedSpace::kOne && bytes.starts_with(' ')) bytes.erase(0, 1);
  return to_valid_utf8(bytes);
}

std::string_view Tokenizer::bytes_of(int32_t id) const {
  return id < 0 || id >= size() ? std::string_view() : bytes_[static_cast<size_t>(id)];
}

std::optional<int32_t> Tokenizer::find(std::string_view token) const {
  const auto found = ids_.find(std::string(token));
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

bool Tokenizer::is_special(int32_t id) const { return id >= 0 && id < size() && special_[static_cast<size_t>(id)]; }

EncodedBatch encode_batch(const Tokenizer& tokenizer, std::span<const std::string> texts, size_t max_length,
                          int32_t pad) {
  EncodedBatch batch{.rows = texts.size()};
  std::vector<std::vector<int32_t>> rows;
  for (const std::string& text : texts) {
    rows.push_back(tokenizer.encode(text));
    if (rows.back().size() > max_length) rows.back().resize(max_length);
    batch.length = std::max(batch.length, rows.back().size());
  }
  for (const auto& row : rows) {
    batch.ids.insert(batch.ids.end(), row.begin(), row.end());
    batch.ids.resize(batch.ids.size() + batch.length - row.size(), pad);
    batch.mask.resize(batch.mask.size() + row.size(), 1);
    batch.mask.resize(batch.mask.size() + batch.length - row.size(), 0);
  }
  return batch;
}

std::string StreamDecoder::push(int32_t id) {
  if (specials_ == Specials::kDrop && tokenizer_.is_special(id)) return "";
  held_ += tokenizer_.bytes_of(id);
  const size_t complete = held_.size() - incomplete_size(held_);
  std::string text = to_valid_utf8(std::string_view(held_).substr(0, complete));
  held_.erase(0, complete);
  return text;
}

std::string StreamDecoder::finish() {
  std::string text = to_valid_utf8(held_);
  held_.clear();
  return text;
}

}  // namespace hrm::text
