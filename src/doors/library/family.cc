#include <utility>

#include "base/json.h"
#include "library/boundary.h"
#include "library/handles.h"

hrm_family::hrm_family(std::shared_ptr<const hrm::puzzles::Family> given)
    : family(std::move(given)), json(family->describe().dump()) {}

namespace hrm::library {

std::span<const int32_t> grid_of(const puzzles::Family& family, const int32_t* tokens, std::string_view name) {
  required(tokens, name);
  const std::span grid(tokens, static_cast<size_t>(family.seq_len()));
  for (size_t i = 0; i < grid.size(); ++i)
    if (grid[i] < 0 || grid[i] >= family.vocab_size())
      throw bad_input("library", "{}: cell {}: {} is not a token of this family; expected 0 to {}", name, i + 1,
                      grid[i], family.vocab_size() - 1);
  return grid;
}

}  // namespace hrm::library

using namespace hrm;
using namespace hrm::library;

hrm_status hrm_family_open(const char* description, hrm_family** family, char** error) {
  return guarded(error, [&] {
    required(family, "family");
    const std::string_view text = &required(description, "description");
    *family = new hrm_family(puzzles::make_family(parse_json(text, "family"), "family"));
  });
}

void hrm_family_close(hrm_family* family) { delete family; }
const char* hrm_family_json(const hrm_family* family) { return family ? family->json.c_str() : nullptr; }
int64_t hrm_family_cells(const hrm_family* family) { return family ? family->family->seq_len() : 0; }
int64_t hrm_family_vocabulary(const hrm_family* family) { return family ? family->family->vocab_size() : 0; }
int hrm_family_has_rules(const hrm_family* family) { return family && family->family->has_rules(); }

hrm_status hrm_family_line(const hrm_family* family, const int32_t* tokens, char** text, char** error) {
  return guarded(error, [&] {
    const puzzles::Family& known = *required(family, "family").family;
    required(text, "text");
    *text = copied(known.to_line(grid_of(known, tokens, "tokens")));
  });
}

hrm_status hrm_family_render(const hrm_family* family, const int32_t* tokens, const int32_t* question, char** text,
                             char** error) {
  return guarded(error, [&] {
    const puzzles::Family& known = *required(family, "family").family;
    required(text, "text");
    puzzles::RenderOptions options;
    if (question) options.question = grid_of(known, question, "question");
    *text = copied(known.render(grid_of(known, tokens, "tokens"), options));
  });
}

hrm_status hrm_family_check(const hrm_family* family, const int32_t* question, const int32_t* answer, int* accepted,
                            char** reason, char** error) {
  return guarded(error, [&] {
    const puzzles::Family& known = *required(family, "family").family;
    required(accepted, "accepted");
    const puzzles::RuleCheck check =
        known.check_answer(grid_of(known, question, "question"), grid_of(known, answer, "answer"));
    if (reason) *reason = copied(check.reason);
    *accepted = check.accepted;
  });
}
