#include "studies/growth_study.h"
#include "studies/label_table.h"

namespace hrm::studies {
namespace {

double per(double whole, uint64_t n) { return n > 0 ? whole / static_cast<double>(n) : 0; }

std::string text_of(const Json& settings, const char* key) {
  if (!settings.contains(key)) return "–";
  return settings[key].is_string() ? settings[key].get<std::string>() : printable(settings[key]);
}

// What of the settings decides about the size of a tree.
std::string sizes_of(const Json& settings) {
  std::string text;
  for (const char* key : {"children", "depth", "rollouts", "simulations"})
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, text_of(settings, key));
  return text;
}

}  // namespace

Json to_json(const GrowthStudy& study) {
  Json stores = Json::array();
  for (const GrowthStudyStore& store : study.stores) {
    Json json = {{"store", store.name},
                 {"settings", store.settings},
                 {"problems", store.problems},
                 {"requests", store.spent.requests},
                 {"prompt_tokens", store.spent.prompt_tokens},
                 {"tokens", store.spent.tokens},
                 {"rows", Json::array()}};
    for (const GrowthStudyRow& row : store.rows)
      json["rows"].push_back({{"labels", row.view},
                              {"states", row.errors.states},
                              {"tokens_per_state", per(store.spent.tokens, row.errors.states)},
                              {"errors", to_json(row.errors)}});
    stores.push_back(std::move(json));
  }
  return {{"stores", std::move(stores)}};
}

std::string to_markdown(const GrowthStudy& study) {
  std::string text =
      "What each problem has cost:\n\n"
      "| store | method | settings | policy | problems | requests | tokens read | tokens written |\n"
      "|---|---|---|---|---:|---:|---:|---:|\n";
  for (const GrowthStudyStore& store : study.stores)
    text += fmt::format("| {} | {} | {} | {} | {} | {:.1f} | {:.0f} | {:.0f} |\n", store.name,
                        text_of(store.settings, "method"), sizes_of(store.settings), text_of(store.settings, "policy"),
                        store.problems, per(static_cast<double>(store.spent.requests), store.problems),
                        per(store.spent.prompt_tokens, store.problems), per(store.spent.tokens, store.problems));
  text +=
      "\nLabels against the truth; in brackets 95 % intervals over problems. `tokens` are those written per labeled "
      "state.\n\n| store | labels | states | tokens |" +
      error_titles() + "\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const GrowthStudyStore& store : study.stores)
    for (const GrowthStudyRow& row : store.rows)
      text += fmt::format("| {} | {} | {} | {:.0f} |{}\n", store.name, row.view, row.errors.states,
                          per(store.spent.tokens, row.errors.states), error_cells(row.errors));
  return text;
}

}  // namespace hrm::studies
