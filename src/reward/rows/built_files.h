// Where the rows of a build go, and the files of a whole build.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rows/output.h"
#include "rows/row_file.h"

namespace hrm::rows {

// Is handed what the records of each input give, in order; record: its number in its input, from 0.
class RowTarget {
 public:
  virtual ~RowTarget() = default;
  struct Problem {
    uint64_t record;
    std::string_view question;
    const std::string& place;
  };
  virtual void problem(const Problem&) {}  // before its rows
  virtual void add(uint64_t record, const Row& row, bool test) = 0;
  virtual void end_of_input(uint64_t /*records*/, const BadLines&) {}
};

Repeats repeats_of(Mode mode, bool trees);

class BuiltFiles final : public RowTarget {
 public:
  BuiltFiles(const OutputOptions& output, Repeats repeats);
  void add(uint64_t record, const Row& row, bool test) override;
  // Writes them, each with meta and the report, which gets what became of repeats. Throws as refuse_nothing().
  void finish(OutputReport& report, Json meta, const std::vector<std::filesystem::path>& inputs);

 private:
  RowFile train_;
  std::optional<RowFile> test_;
};

}  // namespace hrm::rows
