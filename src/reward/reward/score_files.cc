#include "reward/score_files.h"

#include <chrono>
#include <cmath>

#include "base/clock.h"
#include "base/progress.h"
#include "base/signals.h"
#include "rows/read_solutions.h"
#include "rows/record_fields.h"
#include "rows/step_text.h"
#include "selection/record_fields.h"
#include "selection/step_scores.h"
#include "tree/store.h"

namespace hrm::reward {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInScoreFiles = "reward.score";
constexpr size_t kGroupBytes = size_t{1} << 26;
constexpr int64_t kGroupTokens = 1 << 17;  // read alone, that are merged into one trie: several problems

// What one record asks for.
struct Asked {
  Json record;
  std::string id;
  bool candidates = false;
  std::vector<std::vector<PlacedText>> texts;  // [solution], with a place for each step
};

class FileScorer {
 public:
  FileScorer(const fs::path& path, Scorer& scorer, const ScoreFileOptions& options,
             const std::function<void(const Json&)>& write)
      : path_(path), scorer_(scorer), options_(options), write_(write), turns_(scorer, options.processes) {
    options_.progress = options_.progress && turns_.is_root();
  }

  ScoreFileReport run() {
    const auto begin = std::chrono::steady_clock::now();
    if (tree::is_store(path_))
      score_store();
    else
      score_records();
    turns_.finish();
    report_.seconds = seconds_since(begin);
    report_.work = turns_.work();
    return std::move(report_);
  }

 private:
  std::string need_question(const Json& record, const std::string& place) const {
    return rows::need_text(record, {"question", "problem", "prompt", "query"}, place);
  }

  void ask(Asked& asked, std::string_view question, const std::vector<std::string>& steps, const std::string& place) {
    if (steps.empty()) throw bad_input(kInScoreFiles, "{}: a solution without steps has no score", place);
    auto texts = scorer_.texts({question, &steps});
    for (const auto& text : texts)
      if (const auto tokens = text.longer_than(scorer_.longest()))
        throw bad_input(kInScoreFiles,
                        "{}: a text of {} tokens exceeds the limit of {} tokens of {}: leave it out (--skip-bad)",
                        place, *tokens, scorer_.longest(), scorer_.name());
    asked.texts.push_back(std::move(texts));
  }

  bool drops() const { return options_.think == rows::Thinking::kDrop; }

  [[noreturn]] static void refuse_dropping(const std::string& place) {
    throw bad_input(kInScoreFiles,
                    "{}: has labels for its steps, and they count the steps of its thinking too: read the thinking "
                    "(--think keep), or take it out of steps and labels",
                    place);
  }

  // What counts or lists steps would no longer fit them.
  static void refuse_labels(const Json& record, const std::string& place) {
    for (const char* labels : {"labels", "step_labels", "ratings", "on_track", "valid", "label", "probe_step"})
      if (record.contains(labels)) refuse_dropping(place);
    if (rows::first_error_field(record)) refuse_dropping(place);
  }

  // record: a solution with steps.
  void drop_thinking(Json& record, const std::string& place) const {
    if (!drops() || !record.contains("steps")) return;
    const std::vector<std::string> steps = rows::need_texts(record, "steps", place);
    const std::vector<std::string> left = rows::without_thinking(steps);
    if (left == steps) return;
    refuse_labels(record, place);
    record["steps"] = left;
    record.erase("scores");  // of the steps as they were
  }

  Asked asked_candidates(const Json& record, const std::string& place) {
    Asked asked{.record = record, .id = {}, .candidates = true, .texts = {}};
    const std::string question = need_question(record, place);
    Json& candidates = rows::need_candidates(asked.record, place);
    for (size_t i = 0; i < candidates.size(); ++i) {
      const std::string where = rows::candidate_place(place, i);
      if (!candidates[i].contains("steps")) {
        const std::string text = rows::need_text(candidates[i], {"text", "solution"}, where);
        const std::string_view left = drops() ? rows::without_thinking(text) : std::string_view(text);
        if (left.size() < text.size()) refuse_labels(candidates[i], where);
        candidates[i]["steps"] = rows::split_steps(left);
      }
      drop_thinking(candidates[i], where);
      ask(asked, question, rows::need_texts(candidates[i], "steps", where), where);
    }
    return asked;
  }

  Asked asked_solution(const Json& record, const std::string& place) {
    if (!format_) format_ = rows::detect_format(record);
    Asked asked{.record = record, .id = place, .candidates = false, .texts = {}};
    if (!format_ || *format_ == rows::Format::kRows || *format_ == rows::Format::kGsm8k) {
      drop_thinking(asked.record, place);
      ask(asked, need_question(record, place), rows::need_texts(asked.record, "steps", place), place);
      return asked;
    }
    rows::ConversionCounts counts;
    rows::read_record({*format_, record, place}, rows::Neutral::kDrop, counts, [&](rows::LabeledSolution&& solution) {
      if (auto left = rows::without_thinking(solution.steps); drops() && left != solution.steps) {
        const auto known = [](const std::optional<double>& label) { return label.has_value(); };
        if (std::ranges::any_of(solution.labels, known)) refuse_dropping(place);
        solution.steps = std::move(left);
      }
      if (!asked.texts.empty())
        throw bad_input(kInScoreFiles, "{}: contains several solutions: convert them to records with candidates",
                        place);
      ask(asked, solution.question, solution.steps, place);
    });
    if (asked.texts.empty()) throw bad_input(kInScoreFiles, "{}: contains no solution", place);
    return asked;
  }

  // A file is read through first, so that a faulty line at its end does not cost the scores of those before; a pipe
  // cannot be.
  uint64_t count_records() const {
    std::error_code error;
    if (!fs::is_regular_file(path_, error)) return 0;
    uint64_t count = 0;
    for (JsonlReader lines = selection::open_records(path_, options_.skip_bad); lines.next(); ++count)
      check_interrupt();
    return count;
  }

  void score_records() {
    const uint64_t count = count_records();
    Progress progress("scoring", count, {.unit = "records", .enabled = options_.progress && count > 0});
    uint64_t read = 0;
    JsonlReader lines = selection::open_records(path_, options_.skip_bad);
    for (; lines.next(); ++read) {
      check_interrupt();
      const std::string place = lines.place();
      waiting_bytes_ += lines.bytes();
      const Json record = lines.take();
      try {
        if (!record.is_object()) throw bad_input(kInScoreFiles, "{}: expected an object", place);
        waiting_.push_back(record.contains("candidates") ? asked_candidates(record, place)
                                                         : asked_solution(record, place));
      } catch (const Error& error) {
        if (error.fault() != Fault::kBadInput || !options_.skip_bad) throw;
        report_.bad.add(error.what());
        continue;
      }
      for (const auto& solution : waiting_.back().texts)
        for (const auto& text : solution) waiting_tokens_ += text.token_count();
      if (waiting_tokens_ < kGroupTokens && waiting_bytes_ < kGroupBytes) continue;
      flush();
      progress.update(read + 1);
    }
    flush();
    for (const std::string& message : lines.bad().messages) report_.bad.add(message);
    report_.bad.count += lines.bad().count - lines.bad().messages.size();
    if (read == 0 && report_.bad.count == 0) throw bad_input(kInScoreFiles, "{}: contains no records", path_.string());
  }

  void flush() {
    if (waiting_.empty()) return;
    std::vector<PlacedText> texts;
    for (const Asked& asked : waiting_)
      for (const auto& solution : asked.texts) texts.insert(texts.end(), solution.begin(), solution.end());
    turns_.add(std::move(texts), [this, group = std::move(waiting_)](const ScoringTurns::Result& result) {
      const double share = result.work.text_tokens == 0 ? 0
                                                        : static_cast<double>(result.work.read_tokens) /
                                                              static_cast<double>(result.work.text_tokens);
      auto at = result.scores.begin();
      for (const Asked& asked : group) put(asked, share, at);
    });
    waiting_.clear();
    waiting_tokens_ = 0;
    waiting_bytes_ = 0;
  }

  // share: of the tokens that were read. at: the scores of the record, and then those of the next.
  void put(const Asked& asked, double share, std::vector<double>::const_iterator& at) {
    ++report_.records;
    Json record = asked.record;
    for (size_t i = 0; i < asked.texts.size(); ++i) {
      int64_t steps = 0, tokens = 0;
      for (const PlacedText& text : asked.texts[i]) {
        steps += std::ssize(text.places);
        tokens += text.token_count();
      }
      const std::vector<double> own(at, at + steps);
      at += steps;
      ++report_.solutions;
      report_.steps += own.size();
      if (!asked.candidates) {
        record = selection::with_step_scores(std::move(record), {asked.id, {{scorer_.name(), own}}});
        continue;
      }
      Json& candidate = record["candidates"][i];
      selection::add_step_scores(candidate, {{scorer_.name(), own}});
      candidate["scored_tokens"] = std::llround(share * static_cast<double>(tokens));
    }
    write_(record);
  }

  void score_store() {
    const tree::StoreReader store(path_);
    const size_t count = store.contents().problems.size();
    if (count == 0) throw bad_input(kInScoreFiles, "{}: contains no trees", path_.string());
    Progress progress("scoring", count, {.unit = "trees", .enabled = options_.progress});
    for (size_t i = 0; i < count; ++i) {
      check_interrupt();
      const steps::Tree tree = store.load(i).tree;
      std::vector<int32_t> nodes;
      Json ids = Json::array();
      for (size_t node = 1; node < tree.nodes.size(); ++node) {
        if (tree.nodes[node].sentinel) continue;
        nodes.push_back(static_cast<int32_t>(node));
        ids.push_back(steps::to_text(tree.nodes[node].id));
      }
      Json record = {{"id", tree.problem.id}, {"root", steps::to_text(steps::root_id(tree.problem))}, {"nodes", ids}};
      std::vector<PlacedText> texts;
      try {
        texts = scorer_.texts(tree, nodes);
        scorer_.check_length(texts);
      } catch (const Error& error) {
        const Error placed =
            bad_input(kInScoreFiles, "{}: problem '{}': {}", path_.string(), tree.problem.id, error.what());
        if (error.fault() != Fault::kBadInput || !options_.skip_bad) throw placed;
        report_.bad.add(placed.what());
        continue;
      }
      turns_.add(std::move(texts), [this, record](const ScoringTurns::Result& result) {
        Json scored = record;
        scored["scores"][scorer_.name()] = result.scores;
        report_.steps += result.scores.size();
        ++report_.records;
        write_(scored);
      });
      progress.update(i + 1);
    }
  }

  void check_interrupt() const {
    if (interrupted()) throw failure(kInScoreFiles, "{}: interrupted", path_.string());
  }

  const fs::path& path_;
  Scorer& scorer_;
  ScoreFileOptions options_;
  const std::function<void(const Json&)>& write_;
  std::optional<rows::Format> format_;
  std::vector<Asked> waiting_;
  int64_t waiting_tokens_ = 0;
  size_t waiting_bytes_ = 0;
  ScoringTurns turns_;
  ScoreFileReport report_;
};

}  // namespace

Json ScoreFileReport::to_json() const {
  return {{"records", records},
          {"solutions", solutions},
          {"steps", steps},
          {"seconds", seconds},
          {"text_tokens", work.text_tokens},
          {"read_tokens", work.read_tokens},
          {"calls", work.calls},
          {"skipped", bad.count}};
}

ScoreFileReport score_file(const fs::path& path, Scorer& scorer, const ScoreFileOptions& options,
                           const std::function<void(const Json&)>& write) {
  return FileScorer(path, scorer, options, write).run();
}

}  // namespace hrm::reward
