#include "base/json.h"
#include "text/character_alphabet.h"
#include "text/split.h"
#include "text/tokenizer_spec.h"

namespace hrm::text {
namespace {

constexpr std::string_view kInTokenizerJson = "text.tokenizer_json";

class Reader {
 public:
  Reader(const SortedJson& file, std::string_view source) : file_(file), source_(source) {}

  TokenizerSpec read() {
    if (!file_.is_object() || !file_.contains("model") || !file_["model"].is_object())
      throw fault("model", "is missing: is this a tokenizer.json?");
    read_model(file_["model"]);
    read_added();
    read_normalizer(part("normalizer"));
    read_pre_tokenizer(part("pre_tokenizer"));
    if (!byte_level_ && !spec_.characters)
      throw fault("pre_tokenizer",
                  "has no ByteLevel step, and nothing replaces blanks by the mark U+2581: neither a byte-level nor a "
                  "SentencePiece-like tokenizer");
    if (byte_level_ && (spec_.characters || spec_.byte_fallback))
      throw unsupported("pre_tokenizer", "ByteLevel with a SentencePiece-like vocabulary");
    read_post_processor(part("post_processor"));
    read_decoder(part("decoder"));
    return std::move(spec_);
  }

 private:
  Error fault(std::string_view field, std::string_view what) const {
    return bad_input(kInTokenizerJson, "{}: {} {}", source_, field, what);
  }
  Error unsupported(std::string_view field, std::string_view what) const {
    return fault(field, fmt::format("is {}, which is not supported", what.substr(0, 120)));
  }
  const SortedJson& part(const char* name) const {
    static const SortedJson none;
    const auto found = file_.find(name);
    return found == file_.end() ? none : *found;
  }
  std::string type_of(const SortedJson& json, std::string_view field) const {
    if (!json.is_object()) throw fault(field, "is not an object");
    return text_of(json, "type", field);
  }
  std::string text_of(const SortedJson& json, const char* key, std::string_view field) const {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) throw fault(field, fmt::format("has no text '{}'", key));
    return found->get<std::string>();
  }
  // Absent and null mean false.
  bool flag(const SortedJson& json, const char* key, std::string_view field, bool absent = false) const {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return absent;
    if (!found->is_boolean()) throw fault(field, fmt::format("has no boolean '{}'", key));
    return found->get<bool>();
  }
  int32_t id_of(const SortedJson& json, std::string_view field) const {
    if (!json.is_number_unsigned() || json.get<uint64_t>() > static_cast<uint64_t>(kMaxTokenId))
      throw fault(field, fmt::format("has an id that is not a number from 0 to {}", kMaxTokenId));
    return json.get<int32_t>();
  }

  void read_model(const SortedJson& model) {
    // Files of before 2020 leave the type out.
    const std::string type = model.contains("type") ? type_of(model, "model") : "BPE";
    if (type != "BPE") throw unsupported("model.type", type + " (expected BPE)");
    for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
      const auto found = model.find(key);
      if (found == model.end() || found->is_null() || *found == "" || *found == 0) continue;
      throw unsupported(fmt::format("model.{}", key), "set");
    }
    spec_.byte_fallback = flag(model, "byte_fallback", "model");
    spec_.fuse_unknown = flag(model, "fuse_unk", "model");
    spec_.ignore_merges = flag(model, "ignore_merges", "model");
    if (model.contains("unk_token") && !model["unk_token"].is_null())
      spec_.unknown = text_of(model, "unk_token", "model");
    if (!model.contains("vocab") || !model["vocab"].is_object()) throw fault("model.vocab", "is not an object");
    for (const auto& [token, id] : model["vocab"].items()) spec_.vocabulary.emplace(token, id_of(id, "model.vocab"));
    if (!model.contains("merges") || !model["merges"].is_array()) throw fault("model.merges", "is not a list");
    for (const SortedJson& merge : model["merges"]) read_merge(merge);
  }

  // "left right", or ["left", "right"].
  void read_merge(const SortedJson& merge) {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      spec_.merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
      return;
    }
    const std::string text = merge.is_string() ? merge.get<std::string>() : "";
    const size_t blank = text.find(' ');
    if (blank == std::string::npos || text.find(' ', blank + 1) != std::string::npos)
      throw fault("model.merges", fmt::format("entry {} is not a pair of tokens", spec_.merges.size()));
    spec_.merges.emplace_back(text.substr(0, blank), text.substr(blank + 1));
  }

  void read_added() {
    const SortedJson& added = part("added_tokens");
    if (added.is_null()) return;
    if (!added.is_array()) throw fault("added_tokens", "is not a list");
    for (const SortedJson& json : added) {
      if (!json.is_object() || !json.contains("id")) throw fault("added_tokens", "has an entry without id");
      spec_.added.push_back({.id = id_of(json["id"], "added_tokens"),
                             .content = text_of(json, "content", "added_tokens"),
                             .special = flag(json, "special", "added_tokens"),
                             .single_word = flag(json, "single_word", "added_tokens"),
                             .lstrip = flag(json, "lstrip", "added_tokens"),
                             .rstrip = flag(json, "rstrip", "added_tokens"),
                             .normalized = flag(json, "normalized", "added_tokens")});
    }
  }

  // step(part) for each member of a Sequence, else for the part itself.
  void each(const SortedJson& json, const char* list, std::string_view field, auto step) {
    if (json.is_null()) return;
    if (type_of(json, field) != "Sequence") return step(json);
    const auto members = json.find(list);
    if (members == json.end() || !members->is_array()) throw fault(field, fmt::format("has no list '{}'", list));
    for (const SortedJson& member : *members) {
      if (type_of(member, field) == "Sequence") throw unsupported(field, "a Sequence in a Sequence");
      step(member);
    }
  }

  void read_normalizer(const SortedJson& json) {
    each(json, "normalizers", "normalizer", [&](const SortedJson& step) {
      const std::string type = type_of(step, "normalizer");
      if (type == "NFC") {
        spec_.nfc = true;
      } else if (type == "Prepend" && !spec_.characters && spec_.prefix_space == PrefixSpace::kNone &&
                 text_of(step, "prepend", "normalizer") == kBlankMark) {
        spec_.prefix_space = PrefixSpace::kAlways;
      } else if (type == "Replace" && replaces(step, " ", kBlankMark, "normalizer")) {
        spec_.characters = true;
      } else {
        throw unsupported("normalizer", type + " (expected NFC, or Prepend and Replace of blanks by U+2581)");
      }
    });
    if (spec_.nfc && spec_.characters) throw unsupported("normalizer", "NFC beside a Replace of blanks");
    if (spec_.prefix_space != PrefixSpace::kNone && !spec_.characters)
      throw unsupported("normalizer", "a Prepend without a Replace of blanks");
  }

  // {"type": "Replace", "pattern": {"String": from}, "content": to}
  bool replaces(const SortedJson& step, std::string_view from, std::string_view to, std::string_view field) const {
    const auto pattern = step.find("pattern");
    if (pattern == step.end() || !pattern->is_object() || !pattern->contains("String")) return false;
    return text_of(*pattern, "String", field) == from && text_of(step, "content", field) == to;
  }

  void read_pre_tokenizer(const SortedJson& json) {
    each(json, "pretokenizers", "pre_tokenizer", [&](const SortedJson& step) {
      const std::string type = type_of(step, "pre_tokenizer");
      if (byte_level_) throw unsupported("pre_tokenizer", type + " after ByteLevel");
      if (type == "ByteLevel") {
        byte_level_ = true;
        if (flag(step, "add_prefix_space", "pre_tokenizer", true)) spec_.prefix_space = PrefixSpace::kSection;
        if (spec_.prefix_space != PrefixSpace::kNone && !spec_.splits.empty())
          throw unsupported("pre_tokenizer", "a ByteLevel with add_prefix_space after other splits");
        if (flag(step, "use_regex", "pre_tokenizer", true)) spec_.splits.push_back(kGpt2Split);
      } else if (type == "Metaspace") {
        read_metaspace(step);
      } else if (type == "Digits") {
        spec_.splits.push_back(flag(step, "individual_digits", "pre_tokenizer") ? R"(\p{N})" : R"(\p{N}+)");
      } else if (type == "Split") {
        read_split(step);
      } else {
        throw unsupported("pre_tokenizer", type + " (expected ByteLevel, Split, Digits or Metaspace)");
      }
    });
  }

  // Blanks become marks, one is put before a text. Older files say add_prefix_space, true or false.
  void read_metaspace(const SortedJson& step) {
    if (spec_.characters || !spec_.splits.empty()) throw unsupported("pre_tokenizer", "a Metaspace after other steps");
    if (text_of(step, "replacement", "pre_tokenizer") != kBlankMark)
      throw unsupported("pre_tokenizer", "a Metaspace with another replacement than U+2581");
    const bool older = flag(step, "add_prefix_space", "pre_tokenizer", true);
    const std::string scheme = step.contains("prepend_scheme") ? text_of(step, "prepend_scheme", "pre_tokenizer")
                               : older                         ? "always"
                                                               : "never";
    if (scheme != "first" && scheme != "always" && scheme != "never")
      throw unsupported("pre_tokenizer", "a Metaspace with prepend_scheme " + scheme);
    spec_.characters = true;
    spec_.prefix_space = scheme == "first"    ? PrefixSpace::kText
                         : scheme == "always" ? PrefixSpace::kSection
                                              : PrefixSpace::kNone;
    if (flag(step, "split", "pre_tokenizer", true)) spec_.splits.push_back(kWordSplit);
  }

  void read_split(const SortedJson& step) {
    const std::string behavior = text_of(step, "behavior", "pre_tokenizer");
    // A match is a piece, and so is what lies between: inverting changes nothing.
    if (behavior != "Isolated") throw unsupported("pre_tokenizer", "a Split with behavior " + behavior);
    const auto pattern = step.find("pattern");
    if (pattern == step.end() || !pattern->is_object() || !pattern->contains("Regex"))
      throw unsupported("pre_tokenizer", "a Split by something other than a Regex");
    // Blanks are marks there, and blanks here.
    if (spec_.characters) throw unsupported("pre_tokenizer", "a Split in a tokenizer whose blanks are U+2581");
    spec_.splits.push_back(text_of(*pattern, "Regex", "pre_tokenizer"));
  }

  void read_post_processor(const SortedJson& json) {
    each(json, "processors", "post_processor", [&](const SortedJson& step) {
      const std::string type = type_of(step, "post_processor");
      if (type == "ByteLevel") return;  // moves offsets only
      if (type != "TemplateProcessing") throw unsupported("post_processor", type);
      read_template(step);
    });
  }

  // "single": special tokens around the sequence A.
  void read_template(const SortedJson& step) {
    const auto single = step.find("single");
    if (single == step.end() || !single->is_array()) throw fault("post_processor", "has no list 'single'");
    bool behind = false;
    for (const SortedJson& item : *single) {
      if (item.is_object() && item.contains("Sequence")) {
        if (behind) throw unsupported("post_processor", "a template with two sequences");
        behind = true;
      } else if (item.is_object() && item.contains("SpecialToken") && item["SpecialToken"].is_object()) {
        append_ids(step, text_of(item["SpecialToken"], "id", "post_processor"), behind ? spec_.suffix : spec_.prefix);
      } else {
        throw fault("post_processor", "has an item that is neither Sequence nor SpecialToken");
      }
    }
  }

  void append_ids(const SortedJson& step, const std::string& name, std::vector<int32_t>& to) const {
    const auto tokens = step.find("special_tokens");
    if (tokens == step.end() || !tokens->is_object() || !tokens->contains(name) || !(*tokens)[name].is_object() ||
        !(*tokens)[name].contains("ids") || !(*tokens)[name]["ids"].is_array())
      throw fault("post_processor", fmt::format("has no ids of '{}'", name.substr(0, 60)));
    for (const SortedJson& id : (*tokens)[name]["ids"]) to.push_back(id_of(id, "post_processor"));
  }

  void read_decoder(const SortedJson& json) {
    bool known = false;
    each(json, "decoders", "decoder", [&](const SortedJson& step) {
      const std::string type = type_of(step, "decoder");
      if (spec_.characters ? !read_character_decoder(step, type) : type != "ByteLevel")
        throw unsupported("decoder", fmt::format("{} (expected {})", type,
                                                 spec_.characters ? "Replace of U+2581 by a blank, ByteFallback, Fuse, "
                                                                    "Strip of one blank; or Metaspace"
                                                                  : "ByteLevel"));
      known = true;
    });
    if (!known) throw unsupported("decoder", "missing");
  }

  bool read_character_decoder(const SortedJson& step, const std::string& type) {
    if (type == "ByteFallback" || type == "Fuse") return true;
    if (type == "Replace") return replaces(step, kBlankMark, " ", "decoder");
    const auto is = [&](const char* key, int value) { return step.contains(key) && step[key] == value; };
    if (type == "Strip" && is("start", 1) && is("stop", 0)) {
      spec_.dropped_space = DroppedSpace::kOne;
      return text_of(step, "content", "decoder") == " ";
    }
    if (type != "Metaspace") return false;
    const bool never = step.contains("prepend_scheme") ? text_of(step, "prepend_scheme", "decoder") == "never"
                                                       : !flag(step, "add_prefix_space", "decoder", true);
    if (!never) spec_.dropped_space = DroppedSpace::kFirstToken;
    return text_of(step, "replacement", "decoder") == kBlankMark;
  }

  const SortedJson& file_;
  std::string_view source_;
  TokenizerSpec spec_;
  bool byte_level_ = false;
};

}  // namespace

TokenizerSpec parse_tokenizer_json(std::string_view text, std::string_view source) {
  const SortedJson file = parse_sorted_json(text, source);
  return Reader(file, source).read();
}

}  // namespace hrm::text
