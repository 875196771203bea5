#include "solving/state_dicts.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "formats/bytes.h"

namespace hrm::solving {
namespace {

constexpr std::string_view kInStateDicts = "model.load";
constexpr std::string_view kAnchor = "embed_tokens.embedding_weight";

std::vector<std::string> parts_of(std::string_view key, std::string_view separators) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find_first_of(separators, begin), key.size());
    parts.emplace_back(key.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Marks of torch.compile, of data parallelism, sharded or not, and of activation checkpointing, which may stand anywhere.
constexpr std::string_view kWrappers[] = {"_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"};

std::string without_wrappers(std::string_view key) {
  std::string plain;
  for (const std::string& part : parts_of(key, "."))
    if (std::ranges::find(kWrappers, part) == std::end(kWrappers)) plain += (plain.empty() ? "" : ".") + part;
  return plain;
}

bool says_average(std::string_view label) {
  std::string lower(label);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(parts_of(lower, "._-/ "), [](const std::string& word) {
    return word.starts_with("ema") || word.ends_with("ema") || word.starts_with("averag") || word == "avg" ||
           word == "swa" || word == "shadow";
  });
}

struct Set {
  std::string label;  // where it stands: "ema_helper", "model_state_dict", "ema_model."
  bool average = false;
  NamedTensors weights;
};

std::string label_of(const std::string& path, const std::string& prefix) {
  if (path.empty()) return prefix.empty() ? "the file" : prefix;
  return prefix.empty() || prefix == "model.inner." || prefix == "inner." ? path : path + "." + prefix;
}

// Keys of one dict, wrappers removed.
NamedTensors with_plain_keys(NamedTensors tensors, std::string_view source) {
  NamedTensors plain;
  for (auto& [stored, tensor] : tensors)
    if (const std::string key = without_wrappers(stored); !plain.emplace(key, std::move(tensor)).second)
      throw bad_input(kInStateDicts,
                      "{}: tensor '{}' occurs twice, with and without a wrapper's prefix ('_orig_mod.', 'module.')",
                      source, key);
  return plain;
}

// The sets of weights in one dict. What belongs to none of them, but for counters, goes into each under its own name,
// so that it is not passed over.
std::vector<Set> sets_of(TorchDict dict, std::string_view source) {
  const bool counts_averages = dict.tensors.contains("n_averaged");  // torch.optim.swa_utils.AveragedModel
  NamedTensors plain = with_plain_keys(std::move(dict.tensors), source);
  std::map<std::string, Set, std::greater<>> sets;  // by prefix, a longer one before those that it begins with
  for (const auto& [key, tensor] : plain)
    if (key.ends_with(kAnchor)) {
      const std::string prefix = key.substr(0, key.size() - kAnchor.size());
      const std::string label = label_of(dict.path, prefix);
      sets[prefix] = {.label = label, .average = counts_averages || says_average(label)};
    }
  NamedTensors others;
  for (auto& [key, tensor] : plain) {
    const auto set = std::ranges::find_if(sets, [&](const auto& item) { return key.starts_with(item.first); });
    if (set != sets.end())
      set->second.weights.emplace("model.inner." + key.substr(set->first.size()), std::move(tensor));
    else if (tensor.count() > 1)
      others.emplace(key, std::move(tensor));
  }
  std::vector<Set> result;
  for (auto& [prefix, set] : sets) {
    for (const auto& [key, tensor] : others) set.weights.emplace(key, tensor);
    result.push_back(std::move(set));
  }
  return result;
}

// Lightning's WeightAveraging keeps the average as "state_dict" and the live weights beside it.
void mark_lightning_average(std::vector<Set>& sets) {
  const auto live = std::ranges::find(sets, "current_model_state", &Set::label);
  const auto average = std::ranges::find(sets, "state_dict", &Set::label);
  if (live != sets.end() && average != sets.end()) average->average = true;
}

// The only one of its kind; several with the same values are one.
const Set* only(const std::vector<Set>& sets, bool average, std::string_view source) {
  const Set* found = nullptr;
  std::string labels;
  bool differ = false;
  for (const Set& set : sets) {
    if (set.average != average) continue;
    labels += fmt::format("{}'{}'", labels.empty() ? "" : ", ", shown(set.label));
    differ = differ || (found && found->weights != set.weights);
    if (!found) found = &set;
  }
  if (differ)
    throw bad_input(kInStateDicts,
                    "{}: contains several models ({}): save the state dict of the one you mean separately", source,
                    labels);
  return found;
}

}  // namespace

ChosenWeights choose_weights(std::vector<TorchDict> dicts, bool averaged, std::string_view source) {
  NamedTensors first;
  std::vector<Set> sets;
  for (TorchDict& dict : dicts) {
    const bool has_model =
        std::ranges::any_of(dict.tensors, [](const auto& item) { return item.first.ends_with(kAnchor); });
    if (!has_model && &dict == &dicts.front()) first = with_plain_keys(dict.tensors, source);
    if (!has_model) continue;
    for (Set& set : sets_of(std::move(dict), source)) sets.push_back(std::move(set));
  }
  if (sets.empty()) return {.weights = std::move(first)};
  mark_lightning_average(sets);
  const Set *live = only(sets, false, source), *average = only(sets, true, source);
  if (!live || !average) {
    const Set& set = live ? *live : *average;
    if (!live && !averaged) log_warning("{}: contains only averaged weights ('{}')", source, shown(set.label));
    return {.weights = set.weights, .kind = average ? "averaged" : ""};
  }
  log_info("{}: contains live weights ('{}') and averaged ones ('{}'): the {} are used; --averaged {} uses the others",
           source, shown(live->label), shown(average->label), averaged ? "averaged" : "live", averaged ? "off" : "on");
  ChosenWeights chosen{.weights = live->weights, .kind = averaged ? "averaged" : "live"};
  if (averaged)
    for (const auto& [key, tensor] : average->weights) chosen.weights.insert_or_assign(key, tensor);
  return chosen;
}

}  // namespace hrm::solving
