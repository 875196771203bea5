// Measures a reasoning model on a data set, in C++17 over hrm.h.
#ifndef HRM_EVALUATOR_H
#define HRM_EVALUATOR_H

#include <hrm/solver.h>

#include <string>

namespace hrm {
inline namespace api {

// The JSON of hrm eval --json. Throws Error with HRM_STOPPED once options.stop is set.
inline std::string evaluate(const Model& model, const std::string& folder,
                            const hrm_evaluate_options& options = HRM_EVALUATE_OPTIONS) {
  return detail::text_of(hrm_evaluate, model.get(), folder.c_str(), &options);
}

}  // namespace api
}  // namespace hrm

#endif
