// Any bytes as a question and steps of the arithmetic world: the truth never fails, is the same however a step's lines
// are handed over, and expressions read back from their own text.
#include <cstdlib>

#include "worlds/arithmetic_policy.h"

using namespace hrm::worlds;

namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  size_t end = 0;
  const auto question = find_question(text, &end);
  read_prompt(text);
  if (!question) return 0;
  check(Expression::parse(question->text()) == *question);
  Walk walk(*question);
  const std::string_view steps = text.substr(end);
  for (size_t at = 0; at < steps.size();) {
    const size_t next = std::min(steps.find('\n', at), steps.size() - 1) + 1;
    const bool before = walk.on_track();
    const StepTruth truth = walk.take(steps.substr(at, next - at));
    check(truth.on_track == walk.on_track());
    check(truth.valid == truth.reason.empty());
    check(truth.repairs == (!before && truth.on_track) && truth.breaks == (before && !truth.on_track));
    check(!(truth.valid && truth.breaks && !truth.correction));  // what is true leads nowhere wrong
    check(Expression::parse(walk.state().text()) == walk.state());
    check(walk.last_on_track().value() == walk.gold());
    at = next;
  }
  Walk whole(*question);
  whole.take(steps);
  check(whole.state() == walk.state() && whole.answer() == walk.answer());
  return 0;
}
