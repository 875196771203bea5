#include "puzzles/arc_dataset.h"

#include <algorithm>
#include <map>
#include <set>

#include "puzzles/arc_rows.h"
#include "puzzles/dataset_files.h"
#include "puzzles/parallel_work.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kInArcDataset = "puzzles.arc";

int side_of(const Dataset& set) {
  const auto side = set.family().arc_side();
  if (!side)
    throw bad_input(kInArcDataset, "{}: contains {} instead of ARC grids", set.folder().string(),
                    printable(set.family().describe()));
  return *side;
}

// An unchanged example with the place of its grids.
struct Placed {
  ArcPair pair;
  ArcOffset offset;
  bool sound = false;  // the tokens are those of the pair at the offset and nothing else
};

Placed read_placed(const Dataset& set, int64_t example) {
  const int side = side_of(set);
  Tokens input(static_cast<size_t>(side * side)), label(input.size()), check(input.size());
  set.read(example, input, label);
  std::ranges::replace(label, model::kIgnoreLabel, 0);
  Placed placed{.offset = find_arc(input, side)};
  placed.pair = {decode_arc(input, side, placed.offset), decode_arc(label, side, placed.offset)};
  encode_arc(placed.pair.input, placed.offset, side, check);
  placed.sound = check == input && !placed.pair.input.empty();
  encode_arc(placed.pair.output, placed.offset, side, check);
  placed.sound = placed.sound && check == label && !placed.pair.output.empty();
  return placed;
}

class Verifier {
 public:
  Verifier(const Dataset* train, const Dataset* test, size_t threads) : train_(train), test_(test), threads_(threads) {}

  ArcFindings run() {
    for (const Dataset* set : {train_, test_}) {
      if (!set) continue;
      std::vector<std::string> names = arc_identifiers(*set);  // throws unless it fits this split, too
      if (names_.empty()) {
        names_ = std::move(names);
        check_names(*set);
      }
      check_groups(*set);
    }
    if (test_) check_test_puzzles();
    check_leakage();
    return std::move(findings_);
  }

 private:
  void fault(std::string text) { findings_.faults.push_back(std::move(text)); }

  void check_names(const Dataset& set) {
    std::set<std::string_view> seen;
    for (const std::string& name : names_)
      if (!seen.insert(name).second)
        fault(fmt::format("{}: '{}' occurs twice", (set.folder() / kIdentifiersFile).string(), name));
  }

  void check_groups(const Dataset& set) {
    std::vector<std::vector<std::string>> found(static_cast<size_t>(set.groups()));
    parallel_work({fmt::format("checking {}", set.split()), "groups"}, found.size(), threads_,
                  [&](size_t group) { found[group] = check_group(set, static_cast<int64_t>(group)); });
    for (auto& faults : found)
      for (std::string& text : faults) fault(std::move(text));
  }

  std::vector<std::string> check_group(const Dataset& set, int64_t group) const {
    std::vector<std::string> faults;
    const auto [first, last] = set.puzzles_of(group);
    const auto add = [&](int64_t puzzle, std::string_view what) {
      faults.push_back(fmt::format("{}/{}: group {}, puzzle {} ({}): {}", set.folder().string(), set.split(), group,
                                   puzzle, names_[static_cast<size_t>(set.identifier_of(puzzle))], what));
    };
    const ArcTask original = arc_original_of(set, group, names_);
    if (!parse_arc_name(original.name).original) add(first, "a group must start with the task itself, not a variant");
    for (int64_t puzzle = first; puzzle < last; ++puzzle) {
      const ArcIdentity identity = parse_arc_name(names_[static_cast<size_t>(set.identifier_of(puzzle))]);
      if (identity.task != parse_arc_name(original.name).task)
        add(puzzle, fmt::format("is not a variant of {}, the first of the group", original.name));
      else if (const std::string wrong = check_member(set, puzzle, original, identity.map); !wrong.empty())
        add(puzzle, wrong);
    }
    return faults;
  }

  std::string check_member(const Dataset& set, int64_t puzzle, const ArcTask& original, const ArcMap& map) const {
    const auto [begin, end] = set.examples_of(puzzle);
    if (end - begin != std::ssize(original.train))
      return fmt::format("{} examples, the original has {}", end - begin, original.train.size());
    for (int64_t example = begin; example < end; ++example) {
      const Placed placed = read_placed(set, example);
      if (!placed.sound) return fmt::format("example {}: is not one grid with EOS, surrounded by padding", example);
      if (set.split() == "test" && (placed.offset.row != 0 || placed.offset.column != 0))
        return fmt::format("example {}: a test input must be in the corner", example);
      const ArcPair& pair = original.train[static_cast<size_t>(example - begin)];
      if (placed.pair.input != map.apply(pair.input) || placed.pair.output != map.apply(pair.output))
        return fmt::format("example {}: is not the variant that its name states", example);
    }
    return "";
  }

  void check_test_puzzles() {
    const fs::path path = test_->folder() / kTestPuzzlesFile;
    if (!fs::exists(path)) return;
    try {
      std::map<std::string, std::vector<ArcPair>> known;
      for (ArcTask& task : arc_test_tasks(*test_)) known[task.name] = std::move(task.test);
      for (int64_t group = 0; group < test_->groups(); ++group) {
        const ArcTask task = arc_original_of(*test_, group, names_);
        const auto at = known.find(task.name);
        if (at == known.end())
          fault(fmt::format("{}: lacks task {} of the test split", path.string(), task.name));
        else if (at->second != task.train)
          fault(fmt::format("{}: the test pairs of task {} differ from those of the test split", path.string(),
                            task.name));
      }
      if (static_cast<int64_t>(known.size()) != test_->groups())
        fault(fmt::format("{}: {} tasks, the test split has {}", path.string(), known.size(), test_->groups()));
    } catch (const Error& error) {
      const std::string_view what = error.what();
      fault(std::string(what.substr(what.find("] ") + 2)));
    }
  }

  // A task that both splits name is an evaluation task: its training pairs are its demonstrations.
  void check_leakage() {
    if (!train_ || !test_) return;
    std::map<std::string, ArcTask> held;
    for (int64_t group = 0; group < test_->groups(); ++group) {
      ArcTask task = arc_original_of(*test_, group, names_);
      task.test = std::move(task.train);
      task.train.clear();
      held.emplace(task.name, std::move(task));
    }
    std::vector<ArcTask> tasks;
    for (int64_t group = 0; group < train_->groups(); ++group) {
      tasks.push_back(arc_original_of(*train_, group, names_));
      const auto at = held.find(tasks.back().name);
      if (at == held.end() || !at->second.train.empty()) continue;
      at->second.train = std::move(tasks.back().train);
      tasks.pop_back();
    }
    std::vector<ArcTaskRef> all;
    for (const ArcTask& task : tasks) all.push_back({&task, ArcRole::kTraining});
    for (const auto& [name, task] : held) all.push_back({&task, ArcRole::kEvaluation});
    for (const ArcLeak& leak : find_arc_leaks(all)) {
      fault(fmt::format("{}: leakage: {}", train_->folder().string(), to_text(leak, all)));
      ++findings_.leaks;
    }
  }

  const Dataset *train_, *test_;
  const size_t threads_;
  std::vector<std::string> names_;
  ArcFindings findings_;
};

}  // namespace

std::vector<std::string> arc_identifiers(const Dataset& set) {
  const fs::path path = set.folder() / kIdentifiersFile;
  const Json json = read_json(path);
  if (!json.is_array()) throw bad_input(kInArcDataset, "{}: expected a list of names", path.string());
  std::vector<std::string> names;
  for (const Json& name : json) {
    if (!name.is_string())
      throw bad_input(kInArcDataset, "{}: entry {} is {}; expected a name", path.string(), names.size(),
                      printable(name));
    names.push_back(name.get<std::string>());
  }
  if (std::ssize(names) != set.metadata().num_puzzle_identifiers)
    throw bad_input(kInArcDataset, "{}: {} names, but {}/dataset.json says num_puzzle_identifiers {}", path.string(),
                    names.size(), set.split(), set.metadata().num_puzzle_identifiers);
  return names;
}

ArcPair arc_pair_of(const Dataset& set, int64_t example) { return read_placed(set, example).pair; }

ArcTask arc_original_of(const Dataset& set, int64_t group, const std::vector<std::string>& names) {
  const int64_t puzzle = set.puzzles_of(group).first;
  ArcTask task{.name = names[static_cast<size_t>(set.identifier_of(puzzle))],
               .origin = fmt::format("{}, group {}", set.split(), group),
               .train = {},
               .test = {}};
  const auto [begin, end] = set.examples_of(puzzle);
  for (int64_t example = begin; example < end; ++example) task.train.push_back(arc_pair_of(set, example));
  return task;
}

std::vector<ArcTask> arc_test_tasks(const Dataset& test) {
  std::vector<ArcTask> tasks;
  const fs::path path = test.folder() / kTestPuzzlesFile;
  if (fs::exists(path)) {
    const std::string text = read_file(path);
    read_arc_tasks({.text = text, .source = path.string(), .name = "test_puzzles"}, nullptr,
                   {.task = [&](ArcTask task) { tasks.push_back(std::move(task)); }, .fault = nullptr});
    return tasks;
  }
  const std::vector<std::string> names = arc_identifiers(test);
  for (int64_t group = 0; group < test.groups(); ++group) {
    ArcTask task = arc_original_of(test, group, names);
    task.test = std::move(task.train);
    task.train.clear();
    tasks.push_back(std::move(task));
  }
  return tasks;
}

ArcDatasetVotes::ArcDatasetVotes(const Dataset& test)
    : test_(test), names_(arc_identifiers(test)), votes_(arc_test_tasks(test)) {
  side_of(test);
}

void ArcDatasetVotes::add(int64_t example, std::span<const int32_t> answer, float q_halt, uint64_t evaluation) {
  const int32_t identifier = test_.identifier_of(test_.puzzle_of(example));
  if (identifier == test_.metadata().blank_identifier_id) return;  // padding, in the authors' batches
  const int side = side_of(test_);
  Tokens question(static_cast<size_t>(side * side)), label(question.size());
  test_.read(example, question, label);
  const std::string& name = names_[static_cast<size_t>(identifier)];
  const uint64_t row = evaluation * static_cast<uint64_t>(test_.examples()) + static_cast<uint64_t>(example);
  if (!votes_.add({name, question, answer, side}, q_halt, row))
    throw bad_input(kInArcDataset, "{}: test example {} ({}) is not a test input of {}", test_.folder().string(),
                    example, name,
                    fs::exists(test_.folder() / kTestPuzzlesFile) ? "test_puzzles.json" : "its group's original");
}

ArcFindings verify_arc(const Dataset* train, const Dataset* test, size_t threads) {
  return Verifier(train, test, threads).run();
}

}  // namespace hrm::puzzles
