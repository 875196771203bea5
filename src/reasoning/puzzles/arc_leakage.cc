#include "puzzles/arc_leakage.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>

#include "puzzles/arc_map.h"
#include "puzzles/dihedral.h"

namespace hrm::puzzles {
namespace {

constexpr uint8_t kUnset = 255;
using Renaming = std::array<uint8_t, kArcColors>;  // kUnset where nothing is known yet
constexpr Renaming kNothing = {kUnset, kUnset, kUnset, kUnset, kUnset, kUnset, kUnset, kUnset, kUnset, kUnset};

ArcPair turned(const ArcPair& pair, int id) {
  const ArcMap map{.dihedral = id};
  return {map.apply(pair.input), map.apply(pair.output)};
}

// Colors renamed in the order in which they appear.
ArcPair renamed(ArcPair pair) {
  Renaming names = kNothing;
  uint8_t next = 0;
  for (ArcGrid* grid : {&pair.input, &pair.output})
    for (uint8_t& cell : grid->cells) {
      if (names[cell] == kUnset) names[cell] = next++;
      cell = names[cell];
    }
  return pair;
}

struct BothWays {
  Renaming there = kNothing, back = kNothing;

  // Extends the renaming so that it maps `from` to `to`; false, and unchanged, where none does.
  bool extend(const ArcPair& from, const ArcPair& to) {
    BothWays wider = *this;
    if (!wider.extend(from.input, to.input) || !wider.extend(from.output, to.output)) return false;
    *this = wider;
    return true;
  }

  bool is_identity() const {
    for (size_t k = 0; k < there.size(); ++k)
      if (there[k] != kUnset && there[k] != k) return false;
    return true;
  }

 private:
  bool extend(const ArcGrid& from, const ArcGrid& to) {
    if (from.rows != to.rows || from.columns != to.columns) return false;
    for (size_t i = 0; i < from.cells.size(); ++i) {
      const uint8_t a = from.cells[i], b = to.cells[i];
      if (there[a] == kUnset && back[b] == kUnset) {
        there[a] = b;
        back[b] = a;
      } else if (there[a] != b) {
        return false;
      }
    }
    return true;
  }
};

struct Entry {
  const ArcPair* pair = nullptr;
  uint64_t form = 0;  // canonical_fingerprint
};

struct Prepared {
  std::vector<Entry> train, test;
};

Prepared prepare(const ArcTask& task) {
  Prepared prepared;
  for (const ArcPair& pair : task.train) prepared.train.push_back({&pair, canonical_fingerprint(pair)});
  for (const ArcPair& pair : task.test) prepared.test.push_back({&pair, canonical_fingerprint(pair)});
  return prepared;
}

std::vector<Entry> trained_entries(const Prepared& prepared, ArcRole role) {
  std::vector<Entry> entries = prepared.train;
  if (role == ArcRole::kTraining) entries.insert(entries.end(), prepared.test.begin(), prepared.test.end());
  return entries;
}

struct Overlap {
  size_t test = 0, train = 0;
  bool as_is = false;
  auto key() const { return std::tuple(test, train, as_is); }
};

// How many entries find their own partner among `known` by one map that begins with `first` -> `partner`.
class Matcher {
 public:
  Matcher(int dihedral, std::span<const Entry> known) : dihedral_(dihedral), known_(known), used_(known.size()) {}

  bool begin(const Entry& first, size_t partner) {
    if (first.form != known_[partner].form) return false;
    return renaming_.extend(turned(*first.pair, dihedral_), *known_[partner].pair);
  }
  size_t count(std::span<const Entry> entries) {
    size_t found = 0;
    for (const Entry& entry : entries)
      for (size_t i = 0; i < known_.size(); ++i) {
        if (used_[i] || entry.form != known_[i].form) continue;
        if (!renaming_.extend(turned(*entry.pair, dihedral_), *known_[i].pair)) continue;
        used_[i] = true;
        ++found;
        break;
      }
    return found;
  }
  bool is_identity() const { return dihedral_ == 0 && renaming_.is_identity(); }

 private:
  int dihedral_;
  std::span<const Entry> known_;
  std::vector<bool> used_;
  BothWays renaming_;
};

// The best over all maps.
Overlap overlap_of(const Prepared& task, std::span<const Entry> known) {
  Overlap best;
  for (int id = 0; id < kDihedrals; ++id)
    for (const auto* anchors : {&task.test, &task.train})
      for (const Entry& anchor : *anchors)
        for (size_t partner = 0; partner < known.size(); ++partner) {
          Matcher matcher(id, known);
          if (!matcher.begin(anchor, partner)) continue;
          Overlap found{.test = matcher.count(task.test), .train = matcher.count(task.train)};
          found.as_is = matcher.is_identity();
          if (found.key() > best.key()) best = found;
        }
  return best;
}

}  // namespace

uint64_t canonical_fingerprint(const ArcPair& pair) {
  uint64_t least = UINT64_MAX;
  for (int id = 0; id < kDihedrals; ++id) {
    const ArcPair form = renamed(turned(pair, id));
    least = std::min(least, splitmix64(fingerprint(form.input) ^ splitmix64(fingerprint(form.output))));
  }
  return least;
}

std::vector<ArcLeak> find_arc_leaks(std::span<const ArcTaskRef> tasks) {
  std::vector<Prepared> prepared;
  std::unordered_map<uint64_t, std::vector<size_t>> holders;  // of a form: tasks that are trained on it
  for (size_t t = 0; t < tasks.size(); ++t) {
    prepared.push_back(prepare(*tasks[t].task));
    for (const Entry& entry : trained_entries(prepared.back(), tasks[t].role)) {
      auto& list = holders[entry.form];
      if (list.empty() || list.back() != t) list.push_back(t);
    }
  }
  std::vector<ArcLeak> leaks;
  for (size_t e = 0; e < tasks.size(); ++e) {
    if (tasks[e].role != ArcRole::kEvaluation) continue;
    std::map<size_t, size_t> candidates;  // tasks that share forms
    for (const auto* entries : {&prepared[e].test, &prepared[e].train})
      for (const Entry& entry : *entries)
        if (const auto at = holders.find(entry.form); at != holders.end())
          for (const size_t t : at->second) ++candidates[t];
    const ArcTask& own = *tasks[e].task;
    const auto same = static_cast<size_t>(std::ranges::count_if(
        own.test, [&](const ArcPair& pair) { return std::ranges::find(own.train, pair) != own.train.end(); }));
    if (same > 0)
      leaks.push_back({.evaluation = e, .trained = e, .test = same, .train = own.train.size(), .as_is = true});
    for (const auto& [t, shared] : candidates) {
      if (t == e) continue;
      const std::vector<Entry> known = trained_entries(prepared[t], tasks[t].role);
      const Overlap found = overlap_of(prepared[e], known);
      const bool all_demonstrations = found.train == prepared[e].train.size();
      if (found.test == 0 && !all_demonstrations) continue;
      leaks.push_back({.evaluation = e, .trained = t, .test = found.test, .train = found.train, .as_is = found.as_is});
    }
  }
  return leaks;
}

std::vector<std::pair<size_t, size_t>> find_arc_repeats(std::span<const ArcTaskRef> tasks) {
  std::map<std::vector<uint64_t>, std::vector<size_t>> alike;  // by sorted forms: necessary, not sufficient
  std::vector<std::pair<size_t, size_t>> repeats;
  for (size_t t = 0; t < tasks.size(); ++t) {
    if (tasks[t].role != ArcRole::kTraining) continue;
    const Prepared mine = prepare(*tasks[t].task);
    std::vector<Entry> entries = trained_entries(mine, ArcRole::kTraining);
    std::vector<uint64_t> forms;
    for (const Entry& entry : entries) forms.push_back(entry.form);
    std::ranges::sort(forms);
    std::vector<size_t>& others = alike[forms];
    const auto earlier = std::ranges::find_if(others, [&](size_t other) {
      const Prepared theirs = prepare(*tasks[other].task);
      const Overlap found = overlap_of(mine, trained_entries(theirs, ArcRole::kTraining));
      return found.test + found.train == entries.size();
    });
    if (earlier != others.end()) repeats.emplace_back(t, *earlier);
    others.push_back(t);
  }
  return repeats;
}

std::string to_text(const ArcLeak& leak, std::span<const ArcTaskRef> tasks) {
  const ArcTask& task = *tasks[leak.evaluation].task;
  const ArcTaskRef& other = tasks[leak.trained];
  const std::string parts = fmt::format("{} of {} test pairs and {} of {} demonstrations", leak.test, task.test.size(),
                                        leak.train, task.train.size());
  if (leak.evaluation == leak.trained)
    return fmt::format("evaluation task {}: {} of {} test pairs are among its own demonstrations", task.name, leak.test,
                       task.test.size());
  return fmt::format(
      "evaluation task {}: {} are {} {} ({}){}", task.name, parts,
      other.role == ArcRole::kTraining ? "in training task" : "among the demonstrations of evaluation task",
      other.task->name, other.task->origin, leak.as_is ? "" : ", up to symmetry and colors");
}

}  // namespace hrm::puzzles
