#include "rows/built_files.h"

namespace hrm::rows {

Repeats repeats_of(Mode mode, bool trees) {
  if (mode == Mode::kSound) return Repeats::kResolve;
  return trees ? Repeats::kKeep : Repeats::kFirst;
}

BuiltFiles::BuiltFiles(const OutputOptions& output, Repeats repeats) : train_(output.out, repeats) {
  if (!output.test_out.empty()) test_.emplace(output.test_out, repeats);
}

void BuiltFiles::add(uint64_t, const Row& row, bool test) { (test ? *test_ : train_).add(row); }

void BuiltFiles::finish(OutputReport& report, Json meta, const std::vector<std::filesystem::path>& inputs) {
  refuse_nothing(report, train_.size() + (test_ ? test_->size() : 0), inputs);
  train_.finish(report.counts);
  if (test_) {
    ConversionCounts counts;
    test_->finish(counts);
    report.test_counts.written = counts.written;
    for (const auto& [reason, n] : counts.dropped) report.counts.drop(reason, n);
    for (const auto& [reason, n] : counts.noted) report.counts.note(reason, n);
  }
  meta["report"] = report.to_json();
  write_meta(train_.path(), meta);
  if (test_) write_meta(test_->path(), meta);
}

}  // namespace hrm::rows
