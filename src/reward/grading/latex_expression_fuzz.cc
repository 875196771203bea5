#include <cstdint>
#include <cstdlib>

#include "grading/equality.h"
#include "grading/latex_expression.h"
#include "grading/latex_text.h"
#include "grading/python_expression.h"

// The readers of expressions alone: a proper refusal is no node, or GaveUp; what is read equals itself, or is not
// decided.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hrm::grading;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  latex_to_text(text);
  try {
    Expression python;
    parse_python(text, python);
    Expression latex;
    const auto parsed = parse_latex(text, {}, latex);
    if (parsed && compare(latex, parsed->node, parsed->node, Deadline(0.5)) == Equality::kDifferent) std::abort();
  } catch (const GaveUp&) {
  }
  return 0;
}
