// The program `hrm`: one subcommand per task, one place where faults become messages and exit codes.
//   0 done   1 a failure while running   2 usage or bad input   130 interrupted
#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>

#include "base/error.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/terminal.h"
#include "base/threads.h"
#include "base/waiting.h"
#include "cli/cmd_help.h"
#include "cli/command.h"
#include "cli/command_tree.h"
#include "cli/operands.h"

namespace hrm::cli {
namespace {

constexpr int kFailureExitCode = 1, kUsageExitCode = 2;

std::string version() { return fmt::format("hrm {} ({} libtorch)", HRM_VERSION, HRM_TORCH ? "with" : "without"); }

// Everything `hrm` can do, in the order in which somebody would meet it.
void register_all(CLI::App& app, Exit& exit) {
  register_data(app, exit);
  register_train(app, exit);
  register_eval(app, exit);
  register_solve(app, exit);
  register_serve(app, exit);
  register_convert(app, exit);
  register_inspect(app, exit);
  register_bench(app, exit);
  register_policy(app, exit);
  register_tree(app, exit);
  register_reward(app, exit);
  register_search(app, exit);
  register_world(app, exit);
  register_select(app, exit);
  register_rows(app, exit);
  register_grade(app, exit);
  register_lm(app, exit);
  register_help(app);
}

void describe(CLI::App& app) {
  app.description(
      "Hierarchical reasoning models: make puzzles, train, evaluate, solve (data, train, eval, solve, convert, "
      "inspect, bench).\nHierarchical reward models: trees, training rows, models, selection, search (policy, world, "
      "grade, tree, rows, lm, reward, select, search).\nBoth over HTTP, with a page for the browser: serve.");
  app.set_help_flag("-h,--help", "print this help and exit");
  app.set_version_flag("--version", version(), "print the version and build settings and exit");
  app.require_subcommand(1);
  app.fallthrough();  // the flags below may also stand behind the subcommand
  app.add_flag_callback(
      "-q,--quiet", [] { set_verbosity(Verbosity::kQuiet); }, "print only warnings to standard error");
  app.add_flag_callback(
      "-v,--verbose", [] { set_verbosity(Verbosity::kVerbose); }, "print more messages to standard error");
  set_examples(app, {{"hrm data generate sudoku --out data/sudoku", "make puzzles with unique solutions"},
                     {"hrm train --preset trm-mlp --data data/sudoku --out runs/first", "train a model on them"},
                     {"hrm eval --model runs/first --data data/sudoku", "measure it on unseen puzzles"},
                     {"hrm solve --model runs/first --file puzzle.txt --steps", "solve a puzzle and show the segments"},
                     {"hrm solve --help", "show the flags and examples of a subcommand"}});
}

// Usage errors name the subcommand they belong to: "hrm eval: --model is required (see hrm eval --help)".
int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  std::string command = "hrm";
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    command += " " + at->get_name();
  }
  write_message(fmt::format("{}: {} (see {} --help)", command, error.what(), command));
  return kUsageExitCode;
}

// Each word in turn, as long as the command before it has subcommands.
void refuse_unknown_subcommands(const CLI::App& app, int argc, char** argv) {
  std::string above = "hrm";
  const CLI::App* at = &app;
  for (int i = 1; i < argc; ++i) {
    const std::vector<std::string> names = subcommand_names(*at);
    const std::string_view word = argv[i];
    if (names.empty() || word.starts_with('-')) return;
    if (std::ranges::find(names, word) == names.end()) throw unknown_subcommand(word, names, above);
    at = at->get_subcommand(std::string(word));
    above += " " + at->get_name();
  }
}

int run(int argc, char** argv) {
  CLI::App app("", "hrm");
  Exit exit;
  describe(app);
  register_all(app, exit);
  limit_counts(app);
  default_threads();  // what HRM_THREADS holds is refused before any work
  if (argc < 2) {
    write_standard_error(app.help());
    return kUsageExitCode;
  }
  refuse_unknown_subcommands(app, argc, argv);
  std::vector<std::string> words(argv + 1, argv + argc);
  mark_operands(app, words);
  std::ranges::reverse(words);  // as parse() expects them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    return report_usage(app, error);
  }
  return exit.code;
}

// `hrm ... | head` has what it wanted: ends as programs do that leave SIGPIPE alone. Work is saved before it is
// printed.
void end_as_broken_pipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
}

void refuse_lost_output() {
  const OutputEnd end = finish_standard_output();
  if (end == OutputEnd::kReaderGone) end_as_broken_pipe();
  if (end == OutputEnd::kFailed)
    throw failure("cli", "cannot write to standard output: is it closed, or the disk full?");
}

int report_system_error(const std::system_error& error) {
  if (error.code() == std::errc::broken_pipe) end_as_broken_pipe();
  write_message(fmt::format("hrm: {}", error.what()));
  return kFailureExitCode;
}

}  // namespace
}  // namespace hrm::cli

int main(int argc, char** argv) {
  using namespace hrm;
  int code = cli::kFailureExitCode;
  prepare_standard_streams();
  filter_standard_output();
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is then an error of the write, as a full disk is
  try {
    code = cli::run(argc, argv);
    cli::refuse_lost_output();
  } catch (const Interrupted& error) {
    write_message(fmt::format("hrm: {}", error.what()));
    code = kInterruptedExitCode;
  } catch (const Error& error) {
    write_message(fmt::format("hrm: {}", error.what()));
    code = error.exit_code();
  } catch (const std::filesystem::filesystem_error& error) {
    write_message(fmt::format("hrm: {}: {}", error.path1().string(), error.code().message()));
    code = cli::kUsageExitCode;
  } catch (const std::bad_alloc&) {
    write_message("hrm: out of memory: try a smaller --batch");
    code = cli::kFailureExitCode;
  } catch (const std::system_error& error) {  // of fmt::print
    code = cli::report_system_error(error);
  } catch (const std::exception& error) {
    write_message(fmt::format("hrm: {}", error.what()));
    code = cli::kFailureExitCode;
  }
  return code;
}
