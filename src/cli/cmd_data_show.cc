#include <memory>

#include "base/error.h"
#include "cli/cmd_data.h"
#include "puzzles/arc_dataset.h"
#include "puzzles/dataset.h"

namespace hrm::cli {
namespace {

struct DataShowArguments {
  std::filesystem::path folder;
  std::string split = "test";
  int64_t index = 0, count = 1;
  std::string color = "auto";
  bool lines = false, json = false;
};

// Names of the embedding rows where puzzles have their own rows (ARC); else empty.
std::vector<std::string> names_of(const puzzles::Dataset& set) {
  return set.family().arc_side() ? puzzles::arc_identifiers(set) : std::vector<std::string>();
}

struct Shown {
  const puzzles::Dataset& set;
  std::vector<std::string> names;
  puzzles::Tokens question, answer;

  std::string name(int64_t example) const {
    return names.empty() ? "" : names[static_cast<size_t>(set.identifier_of(set.puzzle_of(example)))];
  }
};

Json to_json(const Shown& shown, int64_t example) {
  const puzzles::Dataset& set = shown.set;
  const puzzles::Tokens &question = shown.question, &answer = shown.answer;
  const auto rating = set.rating_of(example);
  Json json = {{"example", example},
               {"puzzle", set.puzzle_of(example)},
               {"rating", rating ? Json(*rating) : Json(nullptr)},
               {"question", set.family().to_line(question)},
               {"answer", set.family().to_line(answer)}};
  if (!shown.names.empty()) json["identifier"] = shown.name(example);
  return json;
}

void show(const DataShowArguments& args) {
  const auto set = puzzles::Dataset::open(args.folder, args.split);
  if (args.index < 0 || args.index >= set.examples())
    throw bad_input("cli.data.show", "--index {}: {} has examples 0 to {}", args.index, args.split, set.examples() - 1);
  if (args.lines && set.family().arc_side())
    throw bad_input("cli.data.show", "--lines: hrm solve reads ARC tasks from files; --json prints grids");
  const bool color = wants_color(args.color);
  Shown shown{.set = set, .names = names_of(set), .question = {}, .answer = {}};
  puzzles::Tokens &question = shown.question, &answer = shown.answer;
  question.resize(static_cast<size_t>(set.metadata().seq_len));
  answer.resize(question.size());
  Json list = Json::array();
  for (int64_t i = args.index; i < std::min(set.examples(), args.index + std::max<int64_t>(0, args.count)); ++i) {
    set.read(i, question, answer);
    std::ranges::replace(answer, -100, 0);  // not supervised: drawn as padding
    if (args.lines) {
      fmt::print("{}\n", set.family().to_line(question));
      continue;
    }
    if (args.json) {
      list.push_back(to_json(shown, i));
      continue;
    }
    const auto rating = set.rating_of(i);
    fmt::print("{} {} of {}, puzzle {}{}{}\n", args.split, i, set.examples(), set.puzzle_of(i),
               rating ? fmt::format(", rating {}", *rating) : "",
               shown.names.empty() ? "" : fmt::format(", {}", shown.name(i)));
    // A question of givens and blanks is plain text; a picture needs its colors.
    fmt::print("{}\n{}\n", set.family().render(question, {.color = color && set.family().arc_side()}),
               set.family().render(answer, {.question = question, .color = color}));
  }
  if (args.json) print_json(list);
}

}  // namespace

void register_data_show(CLI::App& data, Exit&) {
  const auto args = std::make_shared<DataShowArguments>();
  CLI::App& command = *data.add_subcommand("show", "Draw puzzles of a data set and their answers.");
  command.add_option("folder", args->folder, "data set")->type_name("DIR")->required();
  command.add_option("--split", args->split, "train or test")->type_name("NAME")->capture_default_str();
  command.add_option("--index", args->index, "first example")->type_name("I")->capture_default_str();
  command.add_option("--count", args->count, "examples")->type_name("N")->capture_default_str();
  CLI::Option* lines =
      command.add_flag("--lines", args->lines, "only the questions, one per line, in the form that hrm solve reads");
  add_color_option(command, args->color);
  add_json_flag(command, args->json);
  command.get_option("--json")->excludes(lines);
  command.callback([args] { show(*args); });
  set_examples(command, {{"hrm data show data/sudoku --split train --index 10 --count 3", "examples 10, 11 and 12"},
                         {"hrm data show data/sudoku --count 5 --lines | hrm solve --model runs/first -",
                          "pass test puzzles to a model"}});
}

}  // namespace hrm::cli
