#include <memory>

#include "cli/cmd_data.h"
#include "puzzles/verify.h"

namespace hrm::cli {
namespace {

struct DataVerifyArguments {
  std::filesystem::path folder;
  puzzles::VerifyOptions options;
  bool json = false;
};

Json to_json(const puzzles::VerifyReport& report, const DataVerifyArguments& args) {
  Json splits = Json::object();
  for (const auto& [name, split] : report.splits)
    splits[name] = {{"examples", split.examples}, {"puzzles", split.puzzles}, {"groups", split.groups}};
  return {{"folder", args.folder.string()},    {"sound", report.fault_count == 0},
          {"family", report.family},           {"splits", splits},
          {"fault_count", report.fault_count}, {"leaks", report.leaks},
          {"faults", report.faults},           {"notes", report.notes}};
}

void verify(const DataVerifyArguments& args, Exit& exit) {
  const puzzles::VerifyReport report = puzzles::verify_dataset(args.folder, args.options);
  if (report.fault_count > 0) exit.code = 1;
  if (args.json) return print_json(to_json(report, args));
  for (const std::string& fault : report.faults) fmt::print("{}\n", fault);
  if (report.fault_count > report.faults.size())
    fmt::print("... and {} more\n", report.fault_count - report.faults.size());
  for (const std::string& note : report.notes) fmt::print("note: {}\n", note);
  for (const auto& [name, split] : report.splits)
    fmt::print("{}: {} examples, {} puzzles, {} groups\n", name, split.examples, split.puzzles, split.groups);
  if (report.fault_count > 0)
    fmt::print("{} faults, {} of them leakage\n", report.fault_count, report.leaks);
  else
    fmt::print("no faults\n");
}

}  // namespace

void register_data_verify(CLI::App& data, Exit& exit) {
  const auto args = std::make_shared<DataVerifyArguments>();
  CLI::App& command = *data.add_subcommand("verify", "List every fault of a data set, and leakage up to symmetry.");
  command.add_option("folder", args->folder, "data set")->type_name("DIR")->required();
  command.add_option("--most", args->options.most_faults, "maximum number of faults to print")
      ->type_name("N")
      ->capture_default_str();
  add_threads_option(command, args->options.threads);
  add_json_flag(command, args->json);
  command.callback([args, &exit] { run_interruptible(exit, [&] { verify(*args, exit); }); });
  set_examples(command, {{"hrm data verify data/sudoku", "exit code 1 if there are faults"},
                         {"hrm data verify data/sudoku --json", "the same as JSON"}});
}

}  // namespace hrm::cli
