#include <fmt/format.h>

#include <iterator>

#include "base/progress.h"
#include "solving/evaluator.h"

namespace hrm::solving {
namespace {

Json to_json(const Scores& scores, const std::string& rule_name) {
  Json json = {{"exact", to_json(scores.exact)},
               {"cells", to_json(scores.cells)},
               {"q_halt_accuracy", to_json(scores.q_halt)},
               {"segments", to_json(scores.segments)},
               {"confusion",
                {{"right_sure", scores.confusion.right_sure},
                 {"right_unsure", scores.confusion.right_unsure},
                 {"wrong_unsure", scores.confusion.wrong_unsure},
                 {"wrong_sure", scores.confusion.wrong_sure}}}};
  if (!rule_name.empty()) json[rule_name] = to_json(scores.rules);
  return json;
}

// {"self_selected": {<selector>: scores}, "rules_selected": {"rules": scores}}
Json to_json(const std::vector<Selection>& selected, const std::string& rule_name) {
  Json json = {{"self_selected", Json::object()}, {"rules_selected", Json::object()}};
  for (const Selection& selection : selected) {
    Json scores = {{"exact", to_json(selection.exact)}};
    if (!rule_name.empty()) scores[rule_name] = to_json(selection.rules);
    json[selection.by_rules ? "rules_selected" : "self_selected"][selection.name] = std::move(scores);
  }
  return json;
}

std::string row(std::string_view name, const Estimate& estimate) {
  return fmt::format("{:<20} {:>7.4f}   {:.4f} .. {:.4f}   n {}\n", name, estimate.value, estimate.interval.low,
                     estimate.interval.high, estimate.n);
}

}  // namespace

std::string label(const Selection& selection) { return selection.by_rules ? "rules (verifier)" : selection.name; }

Json to_json(const Evaluation& evaluation) {
  Json json = {{"protocol", evaluation.protocol}, {"segments_at_most", evaluation.segments},
               {"halting", evaluation.halting},   {"views", evaluation.views},
               {"complete", evaluation.complete}, {"wanted", evaluation.wanted},
               {"seconds", evaluation.seconds},   {"scores", to_json(evaluation.all, evaluation.rule_name)}};
  json["rating_bands"] = Json::array();
  for (const RatingBand& band : evaluation.bands) {
    Json entry = {{"rating", band.name}};
    entry.update(to_json(band.scores, evaluation.rule_name));
    if (evaluation.views > 1) entry.update(to_json(band.selected, evaluation.rule_name));
    json["rating_bands"].push_back(std::move(entry));
  }
  if (evaluation.views == 1) return json;
  json["segments_spent"] = evaluation.segments_spent;
  json.update(to_json(evaluation.selected, evaluation.rule_name));
  json["by_views"] = Json::array();
  for (const ViewScores& scores : evaluation.by_views) {
    Json entry = {{"views", scores.views}};
    entry.update(to_json(scores.selected, evaluation.rule_name));
    json["by_views"].push_back(std::move(entry));
  }
  return json;
}

std::string to_table(const Evaluation& evaluation) {
  std::string text;
  const auto add = std::back_inserter(text);
  fmt::format_to(add, "{} ({}{} segments{}), {} of {} puzzles{}, {}\n", evaluation.protocol,
                 evaluation.halting ? "at most " : "exactly ", evaluation.segments,
                 evaluation.halting ? ", halting" : "", evaluation.all.segments.n, evaluation.wanted,
                 evaluation.complete ? "" : ": interrupted, partial", format_duration(evaluation.seconds));
  fmt::format_to(add, "{:<20} {:>7}   {}\n", "", "value", "95 % interval");
  const Scores& all = evaluation.all;
  text += row("exact", all.exact) + row("cells", all.cells);
  if (!evaluation.rule_name.empty()) text += row(evaluation.rule_name, all.rules);
  text += row("q_halt_accuracy", all.q_halt) + row("segments", all.segments);
  if (!evaluation.bands.empty()) {
    fmt::format_to(add, "\n{:<20} {:>7}   {:<16}   {:>7}   {:>8}   n\n", "rating", "exact", "95 % interval", "cells",
                   "segments");
    for (const auto& [name, scores, selected] : evaluation.bands)
      fmt::format_to(add, "{:<20} {:>7.4f}   {:.4f} .. {:.4f}   {:>7.4f}   {:>8.2f}   {}\n", name, scores.exact.value,
                     scores.exact.interval.low, scores.exact.interval.high, scores.cells.value, scores.segments.value,
                     scores.segments.n);
  }
  if (evaluation.selected.empty()) return text;
  fmt::format_to(add, "\nexact, one answer selected among {} views, {:.2f} segments per puzzle\n", evaluation.views,
                 evaluation.segments_spent);
  for (const Selection& selection : evaluation.selected) {
    text += row(label(selection), selection.exact);
    for (const RatingBand& band : evaluation.bands)
      for (const Selection& of_band : band.selected)
        if (of_band.name == selection.name) text += row(fmt::format("  rating {}", band.name), of_band.exact);
  }
  return text;
}

}  // namespace hrm::solving
