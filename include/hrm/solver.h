// Loads a reasoning model and solves puzzles, in C++17 over hrm.h, whose comments on threads and results hold.
//
//   hrm::Model model("models/sudoku9");
//   hrm::Puzzles puzzles(model.family());
//   puzzles.add_text("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79");
//   const hrm::Run run = model.solve(puzzles);
//   for (const hrm_solution *solution : run.solutions())
//     std::cout << model.family().line(solution->answer) << '\n';
#ifndef HRM_SOLVER_H
#define HRM_SOLVER_H

#include <hrm/error.h>
#include <hrm/hrm.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hrm {
inline namespace api {

// A family of puzzles. A copy is a view of the same one: it must not outlive the model that it came from.
class Family {
 public:
  explicit Family(const std::string& description) {
    hrm_family* made = nullptr;
    detail::call(hrm_family_open, description.c_str(), &made);
    owned_.reset(made, hrm_family_close);
    family_ = made;
  }
  explicit Family(const hrm_family* family) : family_(family) {}

  const hrm_family* get() const { return family_; }
  std::string json() const { return hrm_family_json(family_); }
  int64_t cells() const { return hrm_family_cells(family_); }
  int64_t vocabulary() const { return hrm_family_vocabulary(family_); }
  bool has_rules() const { return hrm_family_has_rules(family_) != 0; }
  // tokens, question, answer: [cells].
  std::string line(const int32_t* tokens) const { return detail::text_of(hrm_family_line, family_, tokens); }
  std::string render(const int32_t* tokens, const int32_t* question = nullptr) const {
    return detail::text_of(hrm_family_render, family_, tokens, question);
  }
  // What is wrong with the answer; empty if the rules accept it.
  std::string fault(const int32_t* question, const int32_t* answer) const {
    int accepted = 0;
    return detail::text_of(hrm_family_check, family_, question, answer, &accepted);
  }

 private:
  std::shared_ptr<hrm_family> owned_;
  const hrm_family* family_ = nullptr;
};

class Puzzles {
 public:
  explicit Puzzles(const Family& family, const std::string& symbols = "", bool keep_going = false)
      : cells_(static_cast<size_t>(family.cells())) {
    hrm_puzzles* made = nullptr;
    detail::call(hrm_puzzles_new, family.get(), symbols.empty() ? nullptr : symbols.c_str(), keep_going ? 1 : 0, &made);
    puzzles_.reset(made);
  }

  void add_text(const std::string& text, const std::string& source = "text") {
    detail::call(hrm_puzzles_add_text, puzzles_.get(), text.c_str(), source.c_str());
  }
  void add_file(const std::string& path) { detail::call(hrm_puzzles_add_file, puzzles_.get(), path.c_str()); }
  // A whole number of puzzles.
  void add_cells(const std::vector<int32_t>& cells, hrm_cells numbers = HRM_CELLS_EITHER,
                 const std::string& source = "array") {
    if (cells.size() % cells_ != 0)
      throw Error(HRM_BAD_INPUT, source + ": " + std::to_string(cells.size()) + " numbers; a puzzle has " +
                                     std::to_string(cells_) + " cells");
    detail::call(hrm_puzzles_add_cells, puzzles_.get(), cells.data(), cells.size() / cells_, numbers, source.c_str());
  }

  const hrm_puzzles* get() const { return puzzles_.get(); }
  size_t size() const { return hrm_puzzles_count(puzzles_.get()); }
  size_t skipped() const { return hrm_puzzles_skipped(puzzles_.get()); }
  std::string skipped_source(size_t i) const { return hrm_puzzles_skipped_source(puzzles_.get(), i); }
  std::string skipped_reason(size_t i) const { return hrm_puzzles_skipped_reason(puzzles_.get(), i); }

 private:
  struct Close {
    void operator()(hrm_puzzles* puzzles) const { hrm_puzzles_free(puzzles); }
  };
  size_t cells_;
  std::unique_ptr<hrm_puzzles, Close> puzzles_;
};

// Puzzles on their way, a segment at a time, and their results.
class Run {
 public:
  explicit Run(hrm_run* run) : run_(run) {}

  // Calls on_segment(const hrm_segment&) for each puzzle that ran a segment; false once all is done.
  template <typename OnSegment>
  bool next(OnSegment on_segment) {
    const hrm_segment* segments = nullptr;
    size_t count = 0;
    detail::call(hrm_run_next, run_.get(), &segments, &count);
    for (size_t i = 0; i < count; ++i) on_segment(segments[i]);
    return count > 0;
  }
  bool next() {
    return next([](const hrm_segment&) {});
  }

  // Until the next call of next(); the run must outlive them.
  std::vector<const hrm_solution*> solutions() const& {
    std::vector<const hrm_solution*> all;
    for (size_t i = 0; i < hrm_run_count(run_.get()); ++i) all.push_back(hrm_run_solution(run_.get(), i));
    return all;
  }
  std::vector<const hrm_solution*> solutions() const&& = delete;
  std::string json(bool steps = true) const { return detail::text_of(hrm_run_json, run_.get(), steps ? 1 : 0); }

 private:
  struct Close {
    void operator()(hrm_run* run) const { hrm_run_end(run); }
  };
  std::unique_ptr<hrm_run, Close> run_;
};

class Model {
 public:
  explicit Model(const std::string& path) : Model(path, hrm_model_options HRM_MODEL_OPTIONS) {}
  Model(const std::string& path, const hrm_model_options& options) {
    hrm_model* made = nullptr;
    detail::call(hrm_model_open, path.c_str(), &options, &made);
    model_.reset(made);
  }

  hrm_model* get() const { return model_.get(); }
  std::string json() const { return hrm_model_json(model_.get()); }
  Family family() const { return Family(hrm_model_family(model_.get())); }

  Run begin(const Puzzles& puzzles, const hrm_solve_options& options = HRM_SOLVE_OPTIONS) const {
    hrm_run* made = nullptr;
    detail::call(hrm_run_begin, model_.get(), puzzles.get(), &options, &made);
    return Run(made);
  }
  // All segments of all puzzles.
  Run solve(const Puzzles& puzzles, const hrm_solve_options& options = HRM_SOLVE_OPTIONS) const {
    Run run = begin(puzzles, options);
    while (run.next()) {
    }
    return run;
  }

 private:
  struct Close {
    void operator()(hrm_model* model) const { hrm_model_close(model); }
  };
  std::unique_ptr<hrm_model, Close> model_;
};

}  // namespace api
}  // namespace hrm

#endif
