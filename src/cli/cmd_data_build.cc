#include <memory>

#include "base/log.h"
#include "cli/cmd_data.h"
#include "puzzles/infer.h"

namespace hrm::cli {
namespace {

using puzzles::BuildOptions;
using puzzles::Family;
using puzzles::RecordFile;

struct DataBuildArguments {
  BuildOptions build;
  RecordFile test;
  std::string size, boxes;
  bool no_header = false;
  std::optional<double> min_rating, max_rating;
  bool json = false;
};

enum class Kind { kSudoku, kMaze, kTable };

// "2x3": rows and columns of a box.
std::optional<puzzles::SudokuShape> boxes_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto size = puzzles::parse_size(text);
  return puzzles::SudokuShape{static_cast<int>(size.height), static_cast<int>(size.width)};
}

struct Sources {
  const puzzles::PuzzleSource& train;
  const puzzles::PuzzleSource* test;
};

std::unique_ptr<Family> family_of(Kind kind, const DataBuildArguments& args, const Sources& sources) {
  if (kind == Kind::kSudoku) return puzzles::infer_sudoku(sources.train, boxes_of(args.boxes));
  if (kind == Kind::kMaze)
    return puzzles::infer_maze(sources.train,
                               args.size.empty() ? std::nullopt : std::optional(puzzles::parse_size(args.size)));
  std::vector<const puzzles::PuzzleSource*> all{&sources.train};
  if (sources.test) all.push_back(sources.test);
  return puzzles::infer_table(all);
}

void print_report(const puzzles::BuildReport& report, const DataBuildArguments& args) {
  if (args.json) {
    print_json({{"out", args.build.write.out.string()},
                {"train_puzzles", report.train},
                {"train_examples", report.examples},
                {"test_puzzles", report.test},
                {"left_out_by_rating", report.out_of_band},
                {"skipped", report.skipped},
                {"notes", report.notes},
                {"leaks", report.leaks}});
    return;
  }
  warn_of(report.skipped, report.skipped.size());
  for (const std::string& note : report.notes) log_warning("{}", note);
  if (report.leaks > 0)
    log_warning("{} test puzzles also occur in train, up to symmetry: `hrm data verify` lists them", report.leaks);
  fmt::print("{}: {} training puzzles ({} examples), {} test puzzles", args.build.write.out.string(), report.train,
             report.examples, report.test);
  if (report.out_of_band > 0) fmt::print(", {} left out by rating", report.out_of_band);
  if (!report.skipped.empty()) fmt::print(", {} bad rows skipped", report.skipped.size());
  fmt::print("\n");
}

void build(Kind kind, DataBuildArguments& args) {
  BuildOptions& options = args.build;
  options.train.header = !args.no_header;
  if (!args.test.path.empty()) {
    options.test = options.train;
    options.test->path = args.test.path;
    options.test->labels = args.test.labels;
  }
  options.min_rating = args.min_rating;
  options.max_rating = args.max_rating;
  const puzzles::PuzzleSource train(options.train);
  std::optional<puzzles::PuzzleSource> test;
  if (options.test) test.emplace(*options.test);
  const Sources sources{train, test ? &*test : nullptr};
  const auto family = family_of(kind, args, sources);
  print_report(puzzles::build_dataset(*family, options, train, sources.test), args);
}

struct Builder {
  Kind kind;
  std::string name, help;
};

CLI::App& add_builder(CLI::App& data, Exit& exit, const Builder& builder) {
  const auto& [kind, name, help] = builder;
  const auto args = std::make_shared<DataBuildArguments>();
  CLI::App& command = *data.add_subcommand(name, help);
  BuildOptions& options = args->build;
  options.command = "hrm data " + name;
  command
      .add_option("input", options.train.path, "puzzles: CSV, JSON lines, a list, or .npy; also as .gz, .zst or .zip")
      ->type_name("FILE")
      ->required();
  command.add_option("--labels", options.train.labels, "answers of an .npy input")->type_name("FILE");
  command.add_option("--test", args->test.path, "test puzzles, in the same form")->type_name("FILE");
  command.add_option("--test-labels", args->test.labels, "answers of an .npy test file")->type_name("FILE");
  command.add_option("--test-fraction", options.test_fraction, "share of the input to set aside for testing")
      ->type_name("SHARE");
  command.add_option("--limit", options.limit, "maximum number of training puzzles, drawn at random; 0: all")
      ->type_name("N");
  command.add_option("--min-rating", args->min_rating, "leave out training puzzles rated below")->type_name("N");
  command.add_option("--max-rating", args->max_rating, "leave out training puzzles rated above")->type_name("N");
  command.add_flag("--skip-bad", options.skip_bad, "leave out rows that are not valid puzzles, and list them");
  add_write_options(command, options.write);
  add_json_flag(command, args->json);
  if (kind == Kind::kSudoku)
    command
        .add_option("--boxes", args->boxes,
                    "rows and columns of a box, if the puzzles do not determine them (6x6) or have another size")
        ->type_name("ROWSxCOLUMNS");
  if (kind == Kind::kSudoku)
    command
        .add_option("--symbols", options.train.symbols,
                    "the digits in order, one character each, as in 0123456789ABCDEF")
        ->type_name("TEXT");
  if (kind == Kind::kMaze)
    command.add_option("--symbols", options.train.symbols, "wall, open, start, goal and path, as in '# SGo'")
        ->type_name("TEXT");
  if (kind == Kind::kMaze)
    command.add_option("--size", args->size, "size of mazes that are not square and come as lines")
        ->type_name("HEIGHTxWIDTH");
  options.train.question_column = kind == Kind::kTable ? "input" : "question";
  options.train.answer_column = kind == Kind::kTable ? "output" : "answer";
  command.add_option("--question-column", options.train.question_column, "name of the CSV column")
      ->capture_default_str();
  command.add_option("--answer-column", options.train.answer_column, "name of the CSV column")->capture_default_str();
  command
      .add_option("--rating-column", options.train.rating_column, "name of the CSV column; none: no ratings are read")
      ->capture_default_str();
  command.add_flag("--no-header", args->no_header, "the file has no header; columns are numbered from 1");
  command.callback([args, made = builder.kind, &exit] { run_interruptible(exit, [&] { build(made, *args); }); });
  return command;
}

}  // namespace

void register_data_builders(CLI::App& data, Exit& exit) {
  set_examples(
      add_builder(data, exit, {Kind::kSudoku, "sudoku", "Build a data set from Sudoku (4x4, 6x6, 9x9, 16x16)."}),
      {{"hrm data sudoku train.csv --test test.csv --out data/sudoku", "columns source,question,answer,rating"},
       {"hrm data sudoku pool.csv.zst --test-fraction 0.1 --limit 1000 --min-rating 20 --out data/hard",
        "1,000 hard training puzzles, and a tenth for testing"}});
  set_examples(
      add_builder(data, exit, {Kind::kMaze, "maze", "Build a data set from mazes of any size."}),
      {{"hrm data maze train_inputs.npy --labels train_labels.npy --test test_inputs.npy --test-labels "
        "test_labels.npy --out data/maze",
        "from arrays [N, cells] or [N, height, width]"},
       {"hrm data maze mazes.csv --size 20x30 --augment 3 --out data/maze", "also store the three mirrored copies"}});
  set_examples(
      add_builder(data, exit, {Kind::kTable, "table", "Build a data set from any table of inputs and outputs."}),
      {{"hrm data table sums.csv --test-fraction 0.1 --out data/sums",
        "columns input,output; a row may be 12+34,046"}});
}

}  // namespace hrm::cli
