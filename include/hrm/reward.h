// Scores reasoning steps with a reward model, and grades answers, in C++17 over hrm.h.
#ifndef HRM_REWARD_H
#define HRM_REWARD_H

#include <hrm/error.h>
#include <hrm/hrm.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace hrm {
inline namespace api {

class Scorer {
 public:
  explicit Scorer(const std::string& path, const hrm_scorer_options& options = HRM_SCORER_OPTIONS) {
    hrm_scorer* made = nullptr;
    detail::call(hrm_scorer_open, path.c_str(), &options, &made);
    scorer_.reset(made);
  }

  std::string name() const { return hrm_scorer_name(scorer_.get()); }

  // [solution][step]: a score per step, given those before it.
  std::vector<std::vector<double>> score(const std::string& problem,
                                         const std::vector<std::vector<std::string>>& solutions) const {
    std::vector<std::vector<const char*>> texts;
    std::vector<hrm_steps> given;
    size_t steps = 0;
    for (const auto& solution : solutions) {
      auto& row = texts.emplace_back();
      for (const std::string& step : solution) row.push_back(step.c_str());
      given.push_back({row.data(), row.size()});
      steps += row.size();
    }
    std::vector<double> flat(steps);
    detail::call(hrm_scorer_score, scorer_.get(), problem.c_str(), given.data(), given.size(), flat.data());
    std::vector<std::vector<double>> scores;
    auto at = flat.begin();
    for (const auto& row : texts) {
      scores.emplace_back(at, at + static_cast<std::ptrdiff_t>(row.size()));
      at += static_cast<std::ptrdiff_t>(row.size());
    }
    return scores;
  }

 private:
  struct Close {
    void operator()(hrm_scorer* scorer) const { hrm_scorer_close(scorer); }
  };
  std::unique_ptr<hrm_scorer, Close> scorer_;
};

enum class Grade { kCorrect = 1, kWrong = 0, kUndecided = -1 };
inline Grade grade(const std::string& given, const std::string& gold) {
  return static_cast<Grade>(hrm_grade(given.c_str(), gold.c_str()));
}

}  // namespace api
}  // namespace hrm

#endif
