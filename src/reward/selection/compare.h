// Paired comparison of two methods on the same problems: the difference is known better than either accuracy, because
// both meet the same easy and hard problems.
#pragma once

#include <optional>

#include "selection/report.h"

namespace hrm::selection {

struct Difference {
  std::string method, against;
  uint64_t n = 1;
  Estimate difference;  // mean over problems of method - against; percentile bootstrap over problems
  // Where all outcomes are 0 or 1: problems that only one of the two gets right, and McNemar's exact two-sided p.
  struct Discordant {
    uint64_t only_method = 0, only_against = 0;
    double p = 1;
  };
  std::optional<Discordant> discordant;
};

struct CompareOptions {
  uint64_t draws = 10'000, seed = 0;
};

// REQUIRES: outcomes of the same problems in the same order, at least one.
Difference compare(const ReportRow& method, const ReportRow& against, const CompareOptions& options);

// Every row of `report` at budget n but `against` itself, compared with the row of that name. Throws bad_input listing
// the names there are.
std::vector<Difference> compare_all(const SelectionReport& report, const std::string& against, uint64_t n,
                                    const CompareOptions& options);

// Rows of the same name and budget n in two reports, over the problems (by id) that both have; second - first. Throws
// bad_input if they share no problem or no row.
std::vector<Difference> compare_reports(const SelectionReport& first, const SelectionReport& second, uint64_t n,
                                        const CompareOptions& options);

Json to_json(const Difference& difference);
std::string to_markdown(const std::vector<Difference>& differences, const CompareOptions& options);

}  // namespace hrm::selection
