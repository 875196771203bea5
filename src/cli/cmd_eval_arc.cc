#include "cli/cmd_eval_arc.h"

#include <fmt/format.h>

#include "base/log.h"
#include "formats/npy.h"

namespace hrm::cli {
namespace {

constexpr std::string_view kInCmdEvalArc = "cli.eval";

bool is_integer(DType dtype) { return dtype <= DType::kI64; }

void add_one(puzzles::ArcDatasetVotes& votes, const puzzles::Dataset& test, const SavedAnswers& saved,
             size_t evaluation) {
  const std::string &answers_path = saved.answers[evaluation], &q_path = saved.q_halt[evaluation];
  const HostTensor answers = load_npy(answers_path);
  const HostTensor q = load_npy(q_path);
  const Shape wanted = {test.examples(), test.metadata().seq_len};
  if (answers.shape() != wanted || !is_integer(answers.dtype()))
    throw bad_input(kInCmdEvalArc, "{}: {} {}; expected integers {}: one answer per example of {}", answers_path,
                    name_of(answers.dtype()), to_string(answers.shape()), to_string(wanted),
                    (test.folder() / test.split()).string());
  if (q.shape() != Shape{test.examples()} || is_integer(q.dtype()))
    throw bad_input(kInCmdEvalArc, "{}: {} {}; expected floats {}: one logit per example", q_path, name_of(q.dtype()),
                    to_string(q.shape()), to_string(Shape{test.examples()}));
  const HostTensor tokens = answers.to(DType::kI32), logits = q.to(DType::kF32);
  const auto cells = static_cast<size_t>(wanted[1]);
  for (int64_t row = 0; row < test.examples(); ++row)
    votes.add(row, tokens.as<int32_t>().subspan(static_cast<size_t>(row) * cells, cells),
              logits.as<float>()[static_cast<size_t>(row)], evaluation);
}

}  // namespace

void add_saved(puzzles::ArcDatasetVotes& votes, const puzzles::Dataset& test, const SavedAnswers& saved) {
  if (saved.answers.size() != saved.q_halt.size())
    throw bad_input(kInCmdEvalArc, "{} --answers and {} --q-halt: each evaluation needs both", saved.answers.size(),
                    saved.q_halt.size());
  for (size_t i = 0; i < saved.answers.size(); ++i) add_one(votes, test, saved, i);
}

void report_votes(const puzzles::ArcVotes& votes, const ArcReport& report) {
  const puzzles::ArcScores scores = votes.score(puzzles::arc_pass_ks());
  if (report.json)
    (*report.json)["votes"] = puzzles::to_json(scores);
  else
    fmt::print("{}", puzzles::to_table(scores));
  if (report.submission.empty()) return;
  if (!report.complete) return log_warning("{}: not written, since not every variant was answered", report.submission);
  write_json(report.submission, votes.submission());
  log_info("{}: two attempts per test input of {} tasks", report.submission, votes.tasks().size());
}

}  // namespace hrm::cli
