#include <memory>

#include "base/error.h"
#include "cli/cmd_data.h"
#include "puzzles/generate.h"
#include "puzzles/infer.h"

namespace hrm::cli {
namespace {

using puzzles::Generator;
using puzzles::PuzzleSet;

struct DataGenerateArguments {
  std::string size;
  puzzles::GenerateOptions generate;
  puzzles::SudokuSettings sudoku;
  puzzles::MazeSettings maze;
  std::optional<int> givens;
  std::optional<int64_t> min_path;
  puzzles::WriteOptions write;
  bool csv = false, json = false;
};

using MakeGenerator = std::unique_ptr<Generator> (*)(const DataGenerateArguments&);

std::unique_ptr<Generator> sudoku_of(const DataGenerateArguments& args) {
  const auto size = puzzles::parse_size(args.size);
  const auto shape = size.height == size.width ? puzzles::shape_of_side(size.height) : std::nullopt;
  if (!shape) throw bad_input("cli.data.generate", "--size {}: a Sudoku has side 4, 6, 9 or 16", args.size);
  return puzzles::sudoku_generator(*shape, {.givens = args.givens});
}

std::unique_ptr<Generator> maze_of(const DataGenerateArguments& args) {
  puzzles::MazeSettings settings = args.maze;
  settings.min_path = args.min_path;
  return puzzles::maze_generator(puzzles::parse_size(args.size), settings);
}

void generate(DataGenerateArguments& args, const std::string& name, MakeGenerator make) {
  const auto generator = make(args);
  args.generate.seed = args.write.seed;
  args.generate.threads = args.write.threads;
  args.write.provenance = {{"made_by", "hrm data generate " + name},
                           {"settings", generator->describe()},
                           {"rating", generator->family().rating_name()}};
  const PuzzleSet set = puzzles::generate(*generator, args.generate);
  if (args.csv)
    puzzles::write_csv_folder(generator->family(), set, args.write);
  else
    puzzles::write_dataset(generator->family(), set, args.write);
  Json json = {{"out", args.write.out.string()}};
  json.update(puzzles::generation_summary(*generator, set));
  if (args.json) return print_json(json);
  fmt::print("{}: {} training and {} test puzzles; rating ({}): mean {:.1f}, largest {}", args.write.out.string(),
             set.train.size(), set.test.size(), generator->family().rating_name(), json["mean_rating"].get<double>(),
             json["largest_rating"].get<int>());
  if (json.contains("mean_givens"))
    fmt::print("; givens: {:.1f} ({} requested)", json["mean_givens"].get<double>(), json["asked_givens"].get<int>());
  fmt::print("\n");
}

struct KindOfPuzzle {
  std::string name, help;
  MakeGenerator make;
};

CLI::App& add_kind(CLI::App& parent, Exit& exit, const std::shared_ptr<DataGenerateArguments>& args,
                   const KindOfPuzzle& kind) {
  CLI::App& command = *parent.add_subcommand(kind.name, kind.help);
  command.add_option("--count", args->generate.count, "training puzzles")->type_name("N")->capture_default_str();
  command
      .add_option("--test-count", args->generate.test_count, "test puzzles; none occurs in train, even up to symmetry")
      ->type_name("N")
      ->capture_default_str();
  add_write_options(command, args->write);
  command.add_flag("--csv", args->csv, "write train.csv and test.csv instead of arrays");
  add_json_flag(command, args->json);
  command.callback([args, kind, &exit] { run_interruptible(exit, [&] { generate(*args, kind.name, kind.make); }); });
  return command;
}

}  // namespace

void register_data_generate(CLI::App& data, Exit& exit) {
  CLI::App& parent =
      *data.add_subcommand("generate", "Generate puzzles with unique solutions; the same seed gives the same puzzles.");
  parent.require_subcommand(1);

  const auto sudoku_args = std::make_shared<DataGenerateArguments>();
  sudoku_args->size = "9";
  CLI::App& sudoku = add_kind(parent, exit, sudoku_args, {"sudoku", "Sudoku with one solution.", sudoku_of});
  sudoku.add_option("--size", sudoku_args->size, "side: 4, 6, 9 or 16")->type_name("N")->capture_default_str();
  sudoku
      .add_option("--givens", sudoku_args->givens,
                  "filled cells, as few as a unique solution allows (default 6, 14, 28 or 130 by size)")
      ->type_name("N");
  set_examples(
      sudoku, {{"hrm data generate sudoku --size 6 --count 1000 --test-count 500 --out data/six", "6x6 with 14 givens"},
               {"hrm data generate sudoku --givens 24 --csv --out hard", "train.csv of 9x9 puzzles"}});

  const auto maze_args = std::make_shared<DataGenerateArguments>();
  maze_args->size = "15";
  CLI::App& maze = add_kind(parent, exit, maze_args, {"maze", "Mazes with a shortest path as the answer.", maze_of});
  maze.add_option("--size", maze_args->size, "side, or height and width")
      ->type_name("HEIGHTxWIDTH")
      ->capture_default_str();
  maze.add_flag("--unique-path", maze_args->maze.unique_path, "exactly one path joins any two cells");
  maze.add_option("--openings", maze_args->maze.openings, "share of the walls to open (without --unique-path)")
      ->type_name("SHARE")
      ->capture_default_str();
  maze.add_option("--min-path", maze_args->min_path,
                  "minimum length of the shortest path in steps (default: half of height + width)")
      ->type_name("N");
  set_examples(maze,
               {{"hrm data generate maze --size 11 --count 1000 --test-count 200 --out data/maze", "small mazes"},
                {"hrm data generate maze --size 20x30 --unique-path --min-path 60 --out data/long", "long ways"}});
}

}  // namespace hrm::cli
