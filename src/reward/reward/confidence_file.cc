#include "reward/confidence_file.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/progress.h"
#include "base/signals.h"
#include "language/text_scores.h"
#include "rows/read_solutions.h"
#include "rows/record_fields.h"
#include "rows/step_text.h"
#include "selection/confidence.h"
#include "selection/record_fields.h"
#include "selection/step_scores.h"

namespace hrm::reward {
namespace {

namespace fs = std::filesystem;

using selection::Confidence;

constexpr std::string_view kInConfidence = "reward.confidence", kQuestionMark = "{question}";

// A solution as the model would have written it; step s is the tokens up to ends[s]. A step without a token is measured
// at the token that follows: behind the last one, that is an end-of-text token.
struct MeasuredText {
  language::ScoredText scored;
  std::vector<size_t> ends;
};

struct MeasuredRecord {
  Json record;
  std::string id;
  bool candidates = false;
  std::vector<MeasuredText> texts;
};

// Sums over some tokens, and their means.
struct ConfidenceSums {
  std::array<double, 3> sums{};  // by Confidence
  int64_t tokens = 0;
  void add(const language::TokenConfidence& token) {
    sums[0] += token.logprob;
    sums[1] += token.entropy;
    sums[2] += token.self_certainty;
    ++tokens;
  }
  double mean(Confidence kind) const { return sums[static_cast<size_t>(kind)] / static_cast<double>(tokens); }
};

ConfidenceSums sums_of(std::span<const language::TokenConfidence> tokens) {
  ConfidenceSums sums;
  for (const language::TokenConfidence& token : tokens) sums.add(token);
  return sums;
}

bool ends_line(char c) { return c == '\n' || c == '\r'; }

class ConfidenceMeasurer {
 public:
  ConfidenceMeasurer(const fs::path& path, const language::ModelBundle& bundle, const ConfidenceFileOptions& options,
                     const std::function<void(const Json&)>& write)
      : path_(path),
        bundle_(bundle),
        options_(options),
        write_(write),
        decoder_(bundle.model.config, bundle.model.parameters, {.compute = options.compute}) {}

  ConfidenceFileReport run() {
    constexpr size_t kTogether = 256, kTogetherBytes = size_t{1} << 26;
    Progress progress("solutions", 0, {.unit = "solutions", .enabled = options_.progress});
    size_t waiting = 0, bytes = 0;
    JsonlReader lines = selection::open_records(path_, options_.skip_bad);
    while (lines.next()) {
      if (interrupted()) throw failure(kInConfidence, "{}: interrupted", lines.source());
      const std::string place = lines.place();
      bytes += lines.bytes();
      try {
        asked_.push_back(asked_of(lines.value(), place));
      } catch (const Error& error) {
        if (error.fault() != Fault::kBadInput || !options_.skip_bad) throw;
        report_.bad.add(error.what());
        continue;
      }
      waiting += asked_.back().texts.size();
      if (waiting < kTogether && bytes < kTogetherBytes) continue;
      flush();
      waiting = bytes = 0;
      progress.update(report_.solutions, fmt::format("{} tokens", all_.tokens));
    }
    flush();
    for (const std::string& message : lines.bad().messages) report_.bad.add(message);
    report_.bad.count += lines.bad().count - lines.bad().messages.size();
    return totals();
  }

 private:
  ConfidenceFileReport totals() {
    if (report_.solutions == 0) return std::move(report_);
    report_.tokens = all_.tokens;
    report_.mean_logprob = all_.mean(Confidence::kMeanLogprob);
    report_.entropy = all_.mean(Confidence::kEntropy);
    report_.self_certainty = all_.mean(Confidence::kSelfCertainty);
    return std::move(report_);
  }

  std::vector<int32_t> prompt_ids(const std::string& question) const {
    std::string prompt = options_.prompt;
    prompt.replace(prompt.find(kQuestionMark), kQuestionMark.size(), question);
    if (!options_.chat) return bundle_.tokenizer.encode(prompt);
    const std::vector<text::ChatMessage> messages = {{"user", prompt}};
    return bundle_.tokenizer.encode(bundle_.render_chat(text::conversation(messages, true)), text::Part::kText);
  }

  MeasuredText text_of(const std::vector<int32_t>& prompt, const std::vector<std::string>& steps,
                       const std::string& place) const {
    if (steps.empty()) throw bad_input(kInConfidence, "{}: a solution without steps has no tokens", place);
    MeasuredText text{.scored = {.ids = prompt, .first = prompt.size()}, .ends = {}};
    for (size_t i = 0; i < steps.size(); ++i) {
      std::string step = steps[i];
      // Steps of one text with their line ends are put together as they are.
      if (i + 1 < steps.size() && !(step.empty() || ends_line(step.back())) &&
          !(steps[i + 1].empty() || ends_line(steps[i + 1].front())))
        step += options_.separator;
      for (const int32_t id : bundle_.tokenizer.encode(step, text::Part::kContinuation)) text.scored.ids.push_back(id);
      text.ends.push_back(text.scored.ids.size());
    }
    if (text.ends.back() == (text.ends.size() > 1 ? text.ends[text.ends.size() - 2] : prompt.size())) {
      if (bundle_.end_tokens.empty())
        throw bad_input(kInConfidence, "{}: the last step is empty, and the model has no end-of-text token", place);
      text.scored.ids.push_back(bundle_.end_tokens.front());
    }
    const int64_t limit = bundle_.model.config.max_position_embeddings;
    if (std::ssize(text.scored.ids) > limit)
      throw bad_input(kInConfidence, "{}: {} tokens exceed the model's limit of {} ({}): leave it out (--skip-bad)",
                      place, text.scored.ids.size(), limit, bundle_.model.config.length_key());
    return text;
  }

  MeasuredRecord asked_of(const Json& record, const std::string& place) {
    if (!record.is_object()) throw bad_input(kInConfidence, "{}: expected an object", place);
    MeasuredRecord asked{.record = record, .id = place, .candidates = record.contains("candidates"), .texts = {}};
    if (!asked.candidates) {
      ask_solution(asked, place);
      return asked;
    }
    const std::vector<int32_t> prompt = checked_prompt(rows::need_question(record, place), place);
    Json& candidates = rows::need_candidates(asked.record, place);
    for (size_t i = 0; i < candidates.size(); ++i) {
      const std::string where = rows::candidate_place(place, i);
      asked.texts.push_back(text_of(prompt, steps_of(candidates[i], where), where));
    }
    return asked;
  }

  std::vector<int32_t> checked_prompt(const std::string& question, const std::string& place) const {
    std::vector<int32_t> prompt = prompt_ids(question);
    if (prompt.empty()) throw bad_input(kInConfidence, "{}: the prompt has no tokens", place);
    return prompt;
  }

  // A text without steps is one, unless steps are to be measured.
  std::vector<std::string> steps_of(Json& candidate, const std::string& place) const {
    if (candidate.contains("steps")) return rows::need_texts(candidate, "steps", place);
    const std::string text = rows::need_text(candidate, {"text", "solution"}, place);
    if (!options_.steps) return {text};
    std::vector<std::string> steps = rows::split_steps(text);
    candidate["steps"] = steps;
    return steps;
  }

  void ask_solution(MeasuredRecord& asked, const std::string& place) {
    if (!format_) format_ = rows::detect_format(asked.record);
    if (!format_ || *format_ == rows::Format::kRows || *format_ == rows::Format::kGsm8k) {
      asked.texts.push_back(text_of(checked_prompt(rows::need_question(asked.record, place), place),
                                    rows::need_texts(asked.record, "steps", place), place));
      return;
    }
    rows::ConversionCounts counts;
    rows::read_record({*format_, asked.record, place}, rows::Neutral::kDrop, counts,
                      [&](rows::LabeledSolution&& solution) {
                        if (!asked.texts.empty())
                          throw bad_input(kInConfidence,
                                          "{}: contains several solutions: convert them to records with "
                                          "candidates",
                                          place);
                        asked.texts.push_back(text_of(checked_prompt(solution.question, place), solution.steps, place));
                      });
    if (asked.texts.empty()) throw bad_input(kInConfidence, "{}: contains no solution", place);
  }

  // Per step the mean of its tokens, as scores.
  static std::map<std::string, std::vector<double>> step_scores(const MeasuredText& text,
                                                                std::span<const language::TokenConfidence> tokens) {
    std::map<std::string, std::vector<double>> scores;
    size_t from = text.scored.first;
    for (const size_t end : text.ends) {
      const ConfidenceSums sums = sums_of(tokens.subspan(from - text.scored.first, std::max<size_t>(end - from, 1)));
      for (const auto& [kind, name] : enum_names(Confidence()))
        scores[std::string(name)].push_back(selection::as_score(kind, sums.mean(kind)));
      from = end;
    }
    return scores;
  }

  void flush() {
    std::vector<language::ScoredText> texts;
    for (const MeasuredRecord& asked : asked_)
      for (const MeasuredText& text : asked.texts) texts.push_back(text.scored);
    const auto all = language::token_confidences(decoder_, texts);
    size_t at = 0;
    for (MeasuredRecord& asked : asked_) {
      for (size_t i = 0; i < asked.texts.size(); ++i, ++at) write_solution(asked, i, all[at]);
      write_(asked.record);
    }
    asked_.clear();
  }

  void write_solution(MeasuredRecord& asked, size_t index, std::span<const language::TokenConfidence> tokens) {
    ++report_.solutions;
    const ConfidenceSums sums = sums_of(tokens);
    for (const language::TokenConfidence& token : tokens) all_.add(token);
    Json& solution = asked.candidates ? asked.record["candidates"][index] : asked.record;
    for (const auto& [kind, name] : enum_names(Confidence())) solution[std::string(name)] = sums.mean(kind);
    const auto scores = step_scores(asked.texts[index], tokens);
    if (!asked.candidates) {
      asked.record = selection::with_step_scores(std::move(asked.record), {asked.id, scores});
    } else if (options_.steps) {
      selection::add_step_scores(solution, scores);
    }
  }

  const fs::path& path_;
  const language::ModelBundle& bundle_;
  const ConfidenceFileOptions& options_;
  const std::function<void(const Json&)>& write_;
  language::Decoder decoder_;
  std::optional<rows::Format> format_;
  std::vector<MeasuredRecord> asked_;
  ConfidenceSums all_;
  ConfidenceFileReport report_;
};

}  // namespace

void ConfidenceFileOptions::validate() const {
  if (prompt.find(kQuestionMark) == std::string::npos)
    throw bad_input(kInConfidence, "--prompt '{}' has no {{question}}", prompt.substr(0, 80));
}

Json ConfidenceFileReport::to_json() const {
  return {{"solutions", solutions},           {"tokens", tokens},
          {"mean_logprob", mean_logprob},     {"entropy", entropy},
          {"self_certainty", self_certainty}, {"skipped", bad.count}};
}

ConfidenceFileReport measure_confidences(const fs::path& path, const language::ModelBundle& bundle,
                                         const ConfidenceFileOptions& options,
                                         const std::function<void(const Json&)>& write) {
  options.validate();
  return ConfidenceMeasurer(path, bundle, options, write).run();
}

}  // namespace hrm::reward
