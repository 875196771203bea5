#include "puzzles/guided_search.h"

namespace hrm::puzzles {
namespace {

// Families whose own solver is exact and quick (mazes: breadth-first search) need no guesses.
class ReferenceSearch : public GuidedSearch {
 public:
  ReferenceSearch(const Family& family, std::span<const int32_t> question, const Tokens& known)
      : family_(family), question_(question.begin(), question.end()) {
    report_.answer = known;
  }

  State advance() override {
    if (!report_.answer.empty()) {
      report_.answers = Answers::kSome;
      return State::kDecided;
    }
    std::optional<ReferenceAnswer> found = family_.solve(question_);
    report_.answers = found->rules.accepted ? Answers::kSome : Answers::kNone;
    report_.answer = std::move(found->answer);
    report_.reason = std::move(found->rules.reason);
    return State::kDecided;
  }
  Tokens reduced() const override { return question_; }
  void guide(std::vector<float>) override {}
  SearchReport report() const override { return report_; }

 private:
  const Family& family_;
  const Tokens question_;
  SearchReport report_;
};

}  // namespace

std::string_view name_of(Answers answers) {
  switch (answers) {
    case Answers::kOne:
      return "one";
    case Answers::kSeveral:
      return "several";
    case Answers::kSome:
      return "some";
    case Answers::kNone:
      return "none";
    case Answers::kUndecided:
      return "undecided";
  }
  return "?";
}

std::unique_ptr<GuidedSearch> Family::guided_search(std::span<const int32_t> question,
                                                    const GuidedSearchOptions& options) const {
  if (!has_rules()) return nullptr;
  return std::make_unique<ReferenceSearch>(*this, question, options.known);
}

}  // namespace hrm::puzzles
