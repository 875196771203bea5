#include "puzzles/verify.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/error.h"
#include "puzzles/arc_dataset.h"
#include "puzzles/build.h"
#include "puzzles/dataset_files.h"
#include "puzzles/leakage.h"
#include "puzzles/parallel_work.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;

class Verifier {
 public:
  Verifier(const fs::path& folder, const VerifyOptions& options) : folder_(folder), options_(options) {}

  VerifyReport run() {
    for (const char* split : {"train", "test"})
      if (fs::exists(folder_ / split)) open(split);
    check_identifiers();
    check_agreement();
    for (auto& [split, set] : sets_) {
      check_totals(set);
      if (set.family().arc_side()) continue;
      check_groups(set);
      check_repeats(set);
    }
    if (std::ranges::any_of(sets_, [](const auto& named) { return named.second.family().arc_side().has_value(); }))
      check_arc();
    else
      check_leakage();
    return std::move(report_);
  }

 private:
  // What the rules say about one group, found by any thread.
  struct GroupFindings {
    std::vector<std::string> faults;
    uint64_t other_givens = 0;  // members with the solution of a symmetric copy, but other givens
    bool sound = false;         // the first member has one solution, so its canonical form is worth having
  };

  void fault(std::string text) {
    if (report_.faults.size() < options_.most_faults) report_.faults.push_back(std::move(text));
    ++report_.fault_count;
  }

  // Members of a group are variants that their names tell, and content is compared task by task.
  void check_arc() {
    const auto find = [&](const char* split) {
      const auto at = sets_.find(split);
      return at == sets_.end() ? nullptr : &at->second;
    };
    ArcFindings found;
    try {
      found = verify_arc(find("train"), find("test"), options_.threads);
    } catch (const Error& error) {  // of identifiers.json, told already where it cannot be read at all
      if (error.fault() != Fault::kBadInput) throw;
      if (report_.fault_count > 0) return;
      const std::string_view what = error.what();
      found.faults.emplace_back(what.substr(what.find("] ") + 2));
    }
    report_.leaks = found.leaks;
    for (std::string& text : found.faults) fault(std::move(text));
    for (std::string& text : found.notes) report_.notes.push_back(std::move(text));
  }

  void open(const std::string& split) {
    bool sound = true;
    read_split(folder_, split, [&](const Error& error) {
      sound = false;
      fault(std::string(error.message()));
    });
    if (!sound) return;
    const Dataset& set = sets_.emplace(split, Dataset::open(folder_, split)).first->second;
    report_.splits[split] = {set.examples(), set.puzzles(), set.groups()};
    report_.family = set.family().describe();
  }

  void check_identifiers() {
    const fs::path path = folder_ / kIdentifiersFile;
    try {
      const Json names = read_json(path);
      if (!names.is_array() || names.empty()) throw bad_input("", "{}: expected a list of names", path.string());
      for (const auto& [split, set] : sets_)
        if (static_cast<int64_t>(names.size()) != set.metadata().num_puzzle_identifiers)
          fault(fmt::format("{}: {} names, but {}/dataset.json says num_puzzle_identifiers {}", path.string(),
                            names.size(), split, set.metadata().num_puzzle_identifiers));
    } catch (const Error& error) {
      fault(std::string(error.message()));
    }
  }

  void check_agreement() {
    if (sets_.size() < 2) return;
    const DatasetMetadata &train = sets_.at("train").metadata(), &test = sets_.at("test").metadata();
    const auto same = [&](std::string_view field, int64_t a, int64_t b) {
      if (a != b) fault(fmt::format("{}: {} is {} in train and {} in test", folder_.string(), field, a, b));
    };
    same("seq_len", train.seq_len, test.seq_len);
    same("vocab_size", train.vocab_size, test.vocab_size);
    same("pad_id", train.pad_id, test.pad_id);
    same("num_puzzle_identifiers", train.num_puzzle_identifiers, test.num_puzzle_identifiers);
  }

  void check_totals(const Dataset& set) {
    const Json json = read_json(set.folder() / set.split() / "dataset.json");
    const std::string path = (set.folder() / set.split() / "dataset.json").string();
    if (json.contains("total_puzzles") && json["total_puzzles"] != set.puzzles())
      fault(
          fmt::format("{}: total_puzzles is {}, but there are {}", path, json["total_puzzles"].dump(), set.puzzles()));
    const double mean = set.puzzles() ? static_cast<double>(set.examples()) / static_cast<double>(set.puzzles()) : 0;
    if (std::abs(mean - set.metadata().mean_puzzle_examples) > 1e-6 * std::max(1.0, mean))
      fault(fmt::format("{}: mean_puzzle_examples is {}, but {} examples of {} puzzles make {}", path,
                        set.metadata().mean_puzzle_examples, set.examples(), set.puzzles(), mean));
  }

  void check_groups(const Dataset& set) {
    const auto groups = static_cast<size_t>(set.groups());
    std::vector<GroupFindings> found(groups);
    const auto augmenter = set.family().augmenter();
    const std::optional<uint64_t> seed = set.split() == "train" ? variants_seed() : std::nullopt;
    parallel_work({fmt::format("checking {}", set.split()), "groups"}, groups, options_.threads, [&](size_t group) {
      found[group] = check_group(set, static_cast<int64_t>(group), augmenter.get(), seed);
    });
    std::vector<bool>& sound = sound_[set.split()];
    uint64_t other_givens = 0;
    for (GroupFindings& findings : found) {
      other_givens += findings.other_givens;
      for (std::string& text : findings.faults) fault(std::move(text));
      sound.push_back(findings.sound);
    }
    if (other_givens > 0)
      report_.notes.push_back(fmt::format(
          "{}: {} members have the solution of a symmetric copy of their group's first member, but other givens",
          set.split(), other_givens));
  }

  // Inputs that occur twice: with the same output a note, with another one a fault where there are no rules to allow
  // it.
  void check_repeats(const Dataset& set) {
    if (set.family().has_rules()) return;
    std::map<std::pair<int32_t, Tokens>, std::pair<int64_t, Tokens>>
        seen;  // of identifier and input: example and output
    Tokens question(static_cast<size_t>(set.family().seq_len())), answer(question.size());
    uint64_t repeated = 0;
    for (int64_t puzzle = 0; puzzle < set.puzzles(); ++puzzle) {
      const auto [begin, end] = set.examples_of(puzzle);
      for (int64_t example = begin; example < end; ++example) {
        set.read(example, question, answer);
        const auto [at, fresh] = seen.try_emplace({set.identifier_of(puzzle), question}, example, answer);
        if (fresh) continue;
        if (at->second.second == answer)
          ++repeated;
        else
          fault(fmt::format("{}/{}: examples {} and {} have the same input and different outputs", folder_.string(),
                            set.split(), at->second.first, example));
      }
    }
    if (repeated > 0)
      report_.notes.push_back(fmt::format("{}: {} examples repeat an earlier one", set.split(), repeated));
  }

  // The seed of the stored variants where hrm.json tells it.
  std::optional<uint64_t> variants_seed() const {
    const Json description = read_description(folder_);
    const Json variants =
        description.is_object() ? description.value("/provenance/variants"_json_pointer, Json()) : Json();
    if (!variants.is_object() || !variants.value("first_is_original", false)) return std::nullopt;
    return variants.contains("seed") && variants["seed"].is_number_unsigned()
               ? std::optional(variants["seed"].get<uint64_t>())
               : std::nullopt;
  }

  GroupFindings check_group(const Dataset& set, int64_t group, const Augmenter* augmenter,
                            std::optional<uint64_t> seed) const {
    GroupFindings findings;
    const auto [first, last] = set.puzzles_of(group);
    const auto size = static_cast<size_t>(set.family().seq_len());
    Tokens question(size), answer(size), other(size), other_answer(size);
    const auto add = [&](int64_t example, std::string_view what) {
      findings.faults.push_back(
          fmt::format("{}/{}: group {}, example {}: {}", folder_.string(), set.split(), group, example, what));
    };
    if (augmenter && set.split() == "test" && last - first > 1)
      add(set.examples_of(first).first, fmt::format("{} variants; test puzzles must not be augmented", last - first));
    std::set<Tokens> answers;                           // of members that are symmetric copies
    std::vector<std::pair<int64_t, std::string>> open;  // what is not a member, and what is odd about it
    for (int64_t puzzle = first; puzzle < last; ++puzzle) {
      const auto [begin, end] = set.examples_of(puzzle);
      for (int64_t example = begin; example < end; ++example) {
        const bool original = example == set.examples_of(first).first;
        set.read(example, original ? question : other, original ? answer : other_answer);
        const std::string wrong =
            original ? check_original(set.family(), question, answer) : check_member(set.family(), other, other_answer);
        if (!wrong.empty()) add(example, wrong);
        if (original) {
          findings.sound = wrong.empty();
          if (augmenter) answers.insert(filled(question, answer));
        } else if (augmenter && findings.sound && wrong.empty()) {
          const auto odd = check_variant(set.family(), *augmenter, {question, answer, other, other_answer},
                                         {seed, group, puzzle - first});
          if (odd.empty()) {
            answers.insert(filled(other, other_answer));
          } else {
            open.push_back({example, odd});
          }
        }
      }
    }
    for (const auto& [example, odd] : open) {
      set.read(example, other, other_answer);
      if (seed || !answers.contains(filled(other, other_answer))) {
        add(example, odd);
        continue;
      }
      ++findings.other_givens;
      if (const auto unsound = check_original(set.family(), other, other_answer); !unsound.empty())
        add(example, unsound);
    }
    return findings;
  }

  // The answer with the question's tokens where it is not supervised.
  static Tokens filled(const Tokens& question, Tokens answer) {
    for (size_t i = 0; i < answer.size(); ++i)
      if (answer[i] == model::kIgnoreLabel) answer[i] = question[i];
    return answer;
  }

  // Full check with the search for a second solution; variants inherit its result.
  static std::string check_original(const Family& family, const Tokens& question, const Tokens& answer) {
    if (std::string wrong = check_member(family, question, answer); !wrong.empty()) return wrong;
    if (const auto solved = family.solve(question); solved && !solved->rules.accepted) return solved->rules.reason;
    return "";
  }

  static std::string check_member(const Family& family, const Tokens& question, const Tokens& answer) {
    if (!family.has_rules()) return "";
    if (const RuleCheck asked = family.check_question(question); !asked.accepted) return asked.reason;
    const RuleCheck answered = family.check_labels(question, answer);
    return answered.accepted ? "" : "wrong answer: " + answered.reason;
  }

  struct Pair {
    const Tokens &question, &answer, &variant_question, &variant_answer;
  };
  struct VariantPlace {
    std::optional<uint64_t> seed;
    int64_t original, variant;
  };

  static std::string check_variant(const Family& family, const Augmenter& augmenter, const Pair& pair,
                                   const VariantPlace& place) {
    if (place.seed) {
      Tokens question = pair.question, answer = pair.answer;
      augmenter.apply(variant_seed(augmenter, *place.seed, place.original, place.variant), question, answer);
      if (question != pair.variant_question || answer != pair.variant_answer)
        return "not the variant that the seed in hrm.json draws for its group";
    } else if (family.canonical(pair.question) != family.canonical(pair.variant_question)) {
      return "not a symmetric copy of its group's first member";
    }
    return "";
  }

  // Questions whose forms are compared: one per group where its members are symmetric copies, else every example.
  std::vector<Tokens> questions_of(const Dataset& set, std::vector<int64_t>& examples) const {
    const bool symmetric = set.family().augmenter() != nullptr;
    const std::vector<bool>& sound = sound_.at(set.split());
    Tokens answer(static_cast<size_t>(set.family().seq_len()));
    std::vector<Tokens> questions;
    for (int64_t group = 0; group < set.groups(); ++group) {
      const auto [first, last] = set.puzzles_of(group);
      if (symmetric && !sound[group]) continue;  // already has a fault
      const int64_t begin = set.examples_of(first).first;
      const int64_t end = symmetric ? begin + 1 : set.examples_of(last - 1).second;
      for (int64_t example = begin; example < end; ++example) {
        questions.emplace_back(answer.size());
        set.read(example, questions.back(), answer);
        examples.push_back(example);
      }
    }
    return questions;
  }

  void check_leakage() {
    if (sets_.size() < 2) return;
    const Dataset &train = sets_.at("train"), &test = sets_.at("test");
    if (train.family().seq_len() != test.family().seq_len()) return;
    std::vector<int64_t> train_examples, test_examples;
    const auto train_questions = questions_of(train, train_examples),
               test_questions = questions_of(test, test_examples);
    const auto leaks = find_leaks(canonical_forms(train.family(), train_questions, options_.threads),
                                  canonical_forms(test.family(), test_questions, options_.threads));
    report_.leaks = leaks.size();
    for (const Leak& leak : leaks) {
      const bool same = test_questions[leak.test] == train_questions[leak.train];
      fault(fmt::format("{}: leakage: test example {} equals train example {}{}", folder_.string(),
                        test_examples[leak.test], train_examples[leak.train], same ? "" : " up to symmetry"));
    }
  }

  const fs::path folder_;
  const VerifyOptions options_;
  VerifyReport report_;
  std::map<std::string, Dataset> sets_;
  std::map<std::string, std::vector<bool>> sound_;  // by split and group
};

}  // namespace

VerifyReport verify_dataset(const fs::path& folder, const VerifyOptions& options) {
  if (!fs::exists(folder / "train") && !fs::exists(folder / "test"))
    throw bad_input("puzzles.verify", "{}: {}", folder.string(),
                    fs::is_directory(folder) ? "contains neither train nor test" : "no such folder");
  return Verifier(folder, options).run();
}

}  // namespace hrm::puzzles
