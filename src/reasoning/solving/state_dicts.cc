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
  std::vector<std::string> order = {};  // their keys as they follow each other in the file
};

// Tensors that say of themselves that they are an average, without the model's names: a list in the order of the
// parameters, or a dict with other names.
struct Unnamed {
  std::string label, first;  // where it stands; its first name
  std::vector<HostTensor> list;
  int64_t count = 0;  // of its numbers
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
  std::vector<std::string> order;
  for (const std::string& stored : dict.order) order.push_back(without_wrappers(stored));
  std::map<std::string, Set, std::greater<>> sets;  // by prefix, a longer one before those that it begins with
  for (const auto& [key, tensor] : plain)
    if (key.ends_with(kAnchor)) {
      const std::string prefix = key.substr(0, key.size() - kAnchor.size());
      const std::string label = label_of(dict.path, prefix);
      sets[prefix] = {.label = label, .average = counts_averages || says_average(label)};
    }
  NamedTensors others;
  const auto set_of = [&](const std::string& key) {
    return std::ranges::find_if(sets, [&](const auto& item) { return key.starts_with(item.first); });
  };
  for (const std::string& key : order)
    if (const auto set = set_of(key); set != sets.end())
      set->second.order.push_back("model.inner." + key.substr(set->first.size()));
  for (auto& [key, tensor] : plain) {
    const auto set = set_of(key);
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
                    "{}: contains several models ({}): save the state dict of the one you mean separately{}", source,
                    labels, average ? ", or use the live weights: --averaged off" : "");
  return found;
}

bool is_buffer(std::string_view key) {  // of the authors' programs
  return key.ends_with(".H_init") || key.ends_with(".L_init") || key.ends_with("puzzle_emb.weights");
}

int64_t count_of(const NamedTensors& tensors) {  // of the numbers that an average covers
  int64_t count = 0;
  for (const auto& [key, tensor] : tensors) count += is_buffer(key) ? 0 : tensor.count();
  return count;
}

// What a dict without the model's names holds of averages. Copies that an average made for a while are none, and the
// moments of an optimizer are averages of something else.
void add_unnamed(std::vector<Unnamed>& all, const TorchDict& dict, bool has_model) {
  if (dict.path.find("optim") != std::string::npos) return;
  const auto below = [&](const std::string& key) { return dict.path.empty() ? key : dict.path + "." + key; };
  for (const auto& [key, list] : dict.lists) {
    if (!says_average(below(key)) || key == "collected_params" || key == "temp_stored_params") continue;
    Unnamed average{.label = below(key), .first = "0", .list = list};
    for (const HostTensor& tensor : list) average.count += tensor.count();
    all.push_back(std::move(average));
  }
  if (!has_model && !dict.tensors.empty() && says_average(dict.path))
    all.push_back({.label = dict.path, .first = dict.tensors.begin()->first, .count = count_of(dict.tensors)});
}

// The names of a list's tensors, if their number and each shape are those of the parameters, of the parameters and the
// puzzle table, or of all tensors of the live weights, in the order of the file; a sorted order is not the program's.
std::optional<NamedTensors> named(const Unnamed& average, const Set& live) {
  const auto bare_parameter = [](const std::string& key) { return !is_buffer(key); };
  const auto parameter = [](const std::string& key) { return !is_buffer(key) || key.ends_with("puzzle_emb.weights"); };
  const auto any = [](const std::string&) { return true; };
  if (live.order.size() != live.weights.size() || std::ranges::is_sorted(live.order)) return std::nullopt;
  const auto fit = [&](const auto& keep) -> std::optional<NamedTensors> {
    NamedTensors result;
    size_t at = 0;
    for (const std::string& key : live.order) {
      if (!keep(key)) continue;
      if (at == average.list.size() || average.list[at].shape() != live.weights.at(key).shape()) return std::nullopt;
      result.emplace(key, average.list[at++]);
    }
    return at == average.list.size() ? std::optional(std::move(result)) : std::nullopt;
  };
  if (auto result = fit(bare_parameter)) return result;
  if (auto result = fit(parameter)) return result;
  return fit(any);
}

// Adds the average that has no names to the sets, named by the live weights. One that cannot be named is refused: the
// live weights alone would be another model than the one that was evaluated.
void add_average(std::vector<Set>& sets, const std::vector<Unnamed>& averages, std::string_view source) {
  const Set* live = only(sets, false, source);
  if (!live || only(sets, true, source)) return;
  std::optional<Set> found;
  for (const Unnamed& average : averages) {
    if (average.count < count_of(live->weights) / 2) continue;  // of something else
    auto weights = named(average, *live);
    if (!weights)
      throw bad_input(
          kInStateDicts, "{}: '{}' is an average of the weights {}; --averaged off uses the live weights ('{}')",
          source, shown(average.label),
          average.list.empty() ? fmt::format("under names that are not the model's ('{}')", shown(average.first))
                               : fmt::format("as a list of {} tensors without names, and they do not fit the order and "
                                             "shapes of the model's parameters",
                                             average.list.size()),
          shown(live->label));
    if (found && found->weights != *weights)
      throw bad_input(kInStateDicts, "{}: contains several averages of the weights ('{}', '{}'): delete the others",
                      source, shown(found->label), shown(average.label));
    found = Set{.label = average.label, .average = true, .weights = *std::move(weights)};
  }
  if (found) sets.push_back(*std::move(found));
}

}  // namespace

ChosenWeights choose_weights(std::vector<TorchDict> dicts, bool averaged, std::string_view source) {
  NamedTensors first;
  std::vector<Set> sets;
  std::vector<Unnamed> unnamed;
  for (TorchDict& dict : dicts) {
    const bool has_model =
        std::ranges::any_of(dict.tensors, [](const auto& item) { return item.first.ends_with(kAnchor); });
    add_unnamed(unnamed, dict, has_model);
    if (!has_model && &dict == &dicts.front()) first = with_plain_keys(dict.tensors, source);
    if (!has_model) continue;
    for (Set& set : sets_of(std::move(dict), source)) sets.push_back(std::move(set));
  }
  if (sets.empty() && first.empty() && !unnamed.empty() && !unnamed.front().list.empty())
    throw bad_input(
        kInStateDicts,
        "{}: '{}' is an average of weights as a list of {} tensors without names, and the file has no state "
        "dict that names them: add the model's state_dict() to the file, or copy the average into the "
        "model (copy_to) and save that",
        source, shown(unnamed.front().label), unnamed.front().list.size());
  if (sets.empty()) return {.weights = std::move(first)};
  mark_lightning_average(sets);
  if (averaged) add_average(sets, unnamed, source);
  const Set* live = only(sets, false, source);
  const auto any_average = std::ranges::find_if(sets, &Set::average);
  const Set* average = averaged || !live           ? only(sets, true, source)
                       : any_average == sets.end() ? nullptr
                                                   : &*any_average;
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
