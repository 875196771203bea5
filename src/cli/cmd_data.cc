#include "cli/cmd_data.h"

namespace hrm::cli {

void add_folder_options(CLI::App& command, std::filesystem::path& out, bool& replace) {
  command.add_option("-o,--out", out, "folder to write; must be absent or empty")->type_name("DIR")->required();
  command.add_flag("--force", replace, "replace an older data set that `hrm data` wrote there");
}

void add_write_options(CLI::App& command, puzzles::WriteOptions& write) {
  add_folder_options(command, write.out, write.replace);
  command
      .add_option("--augment", write.augment,
                  "stored variants of each training puzzle; 0: training draws symmetries itself")
      ->type_name("N")
      ->capture_default_str();
  add_seed_option(command, write.seed);
  add_threads_option(command, write.threads);
}

void register_data(CLI::App& app, Exit& exit) {
  CLI::App& data = *app.add_subcommand("data", "Make, check and show puzzle data sets.");
  data.require_subcommand(1);
  register_data_builders(data, exit);
  register_data_arc(data, exit);
  register_data_generate(data, exit);
  register_data_verify(data, exit);
  register_data_show(data, exit);
  set_examples(data, {{"hrm data generate sudoku --size 6 --count 1000 --test-count 500 --out data/six",
                       "new 6x6 puzzles; no test puzzle occurs in train, even up to symmetry"},
                      {"hrm data sudoku train.csv --test test.csv --out data/sudoku", "import your own puzzles"},
                      {"hrm data arc ARC-AGI/data --out data/arc", "ARC tasks, in 1,000 variants each"},
                      {"hrm data verify data/sudoku", "list every fault and every test puzzle that occurs in train"},
                      {"hrm data show data/sudoku --count 2", "draw two puzzles"}});
}

}  // namespace hrm::cli
