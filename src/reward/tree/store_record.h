// The records of a tree store as bytes (docs/formats/tree-store.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "steps/tree.h"

namespace hrm::tree {

inline constexpr std::string_view kStoreKind = "HRMTREE1";  // the digit is the version

struct Sample {
  int32_t ordinal = 0, tokens = 0, multiplicity = 1;
  bool terminal = false, sentinel = false;
  std::string text;
  std::optional<std::string> answer;
};

// Rounds from here on stand for a step that was taken over from a rollout, without a request.
inline constexpr uint32_t kAdoptedRounds = 1u << 31;

// What one request brought: children of a node, or continuations from it to the end. Written whole or not at all.
struct RequestRecord {
  steps::RequestKind kind = steps::RequestKind::kExpansion;
  steps::NodeId root, node;
  uint32_t round = 0;  // which of the node's requests of that kind
  uint64_t seed = 0;
  int64_t prompt_tokens = 0;
  std::vector<Sample> samples;
};

// How trees were grown: one record per run with other settings than the last.
struct SettingsRecord {
  Json settings;
};

using StoreRecord = std::variant<SettingsRecord, steps::ProblemRecord, RequestRecord>;

std::string encode(const SettingsRecord& record);
std::string encode(const steps::ProblemRecord& record);
std::string encode(const RequestRecord& request);

// nullopt for bytes that are not a record of this version.
std::optional<StoreRecord> decode_record(std::span<const std::byte> bytes);
// Of a request only whose tree it belongs to; nullopt for other records.
std::optional<steps::NodeId> decode_root(std::span<const std::byte> bytes);

}  // namespace hrm::tree
