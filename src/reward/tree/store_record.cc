#include "tree/store_record.h"

#include "formats/bytes.h"

namespace hrm::tree {
namespace {

enum class Type : uint8_t { kSettings = 1, kProblem, kExpansion, kRollouts };
constexpr uint8_t kTerminal = 1, kHasAnswer = 2, kSentinel = 4;
constexpr size_t kLeastSample = 3 * 4 + 1 + 4;  // bytes of a sample without text

std::string begin(Type type) { return std::string(1, static_cast<char>(type)); }

void put(std::string& to, const steps::NodeId& id) {
  append_le(to, id.high);
  append_le(to, id.low);
}

void put(std::string& to, const Sample& sample) {
  append_le(to, sample.ordinal);
  append_le(to, sample.tokens);
  append_le(to, sample.multiplicity);
  append_le(to, static_cast<uint8_t>((sample.terminal ? kTerminal : 0) | (sample.answer ? kHasAnswer : 0) |
                                     (sample.sentinel ? kSentinel : 0)));
  append_sized(to, sample.text);
  if (sample.answer) append_sized(to, *sample.answer);
}

bool take(ByteReader& from, steps::NodeId& id) { return from.take(id.high) && from.take(id.low); }

bool take(ByteReader& from, Sample& sample) {
  uint8_t flags = 0;
  if (!from.take(sample.ordinal) || !from.take(sample.tokens) || !from.take(sample.multiplicity) || !from.take(flags) ||
      !from.take(sample.text))
    return false;
  if (sample.ordinal < 0 || sample.tokens < 0 || sample.multiplicity < 1) return false;
  if (flags & ~(kTerminal | kHasAnswer | kSentinel)) return false;
  sample.terminal = flags & kTerminal;
  sample.sentinel = flags & kSentinel;
  return !(flags & kHasAnswer) || from.take(sample.answer.emplace());
}

std::optional<StoreRecord> take_problem(ByteReader from) {
  steps::ProblemRecord record;
  if (!from.take(record.position) || !from.take(record.problem.id) || !from.take(record.problem.question) ||
      !from.take(record.problem.gold) || from.left() > 0)
    return std::nullopt;
  return record;
}

std::optional<StoreRecord> take_request(ByteReader from, steps::RequestKind kind) {
  RequestRecord request{.kind = kind};
  uint32_t samples = 0;
  if (!take(from, request.root) || !take(from, request.node) || !from.take(request.round) || !from.take(request.seed) ||
      !from.take(request.prompt_tokens) || !from.take(samples) || samples > from.left() / kLeastSample)
    return std::nullopt;
  request.samples.resize(samples);
  for (Sample& sample : request.samples)
    if (!take(from, sample)) return std::nullopt;
  if (from.left() > 0) return std::nullopt;
  return request;
}

std::optional<StoreRecord> take_settings(ByteReader from) {
  std::string text;
  if (!from.take(text) || from.left() > 0) return std::nullopt;
  try {
    return SettingsRecord{parse_json(text, "settings")};
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string encode(const SettingsRecord& record) {
  std::string to = begin(Type::kSettings);
  append_sized(to, printable(record.settings));
  return to;
}

std::string encode(const steps::ProblemRecord& record) {
  std::string to = begin(Type::kProblem);
  append_le(to, record.position);
  for (const std::string* text : {&record.problem.id, &record.problem.question, &record.problem.gold})
    append_sized(to, *text);
  return to;
}

std::string encode(const RequestRecord& request) {
  std::string to = begin(request.kind == steps::RequestKind::kExpansion ? Type::kExpansion : Type::kRollouts);
  put(to, request.root);
  put(to, request.node);
  append_le(to, request.round);
  append_le(to, request.seed);
  append_le(to, request.prompt_tokens);
  append_le(to, static_cast<uint32_t>(request.samples.size()));
  for (const Sample& sample : request.samples) put(to, sample);
  return to;
}

std::optional<StoreRecord> decode_record(std::span<const std::byte> bytes) {
  ByteReader from(bytes);
  uint8_t type = 0;
  if (!from.take(type)) return std::nullopt;
  switch (static_cast<Type>(type)) {
    case Type::kSettings:
      return take_settings(from);
    case Type::kProblem:
      return take_problem(from);
    case Type::kExpansion:
      return take_request(from, steps::RequestKind::kExpansion);
    case Type::kRollouts:
      return take_request(from, steps::RequestKind::kRollouts);
  }
  return std::nullopt;
}

std::optional<steps::NodeId> decode_root(std::span<const std::byte> bytes) {
  ByteReader from(bytes);
  uint8_t type = 0;
  steps::NodeId root;
  if (!from.take(type) || type < static_cast<uint8_t>(Type::kExpansion) ||
      type > static_cast<uint8_t>(Type::kRollouts) || !take(from, root))
    return std::nullopt;
  return root;
}

}  // namespace hrm::tree
