#include "cli/run_options.h"

#include <utility>

#include "base/log.h"
#include "base/signals.h"

namespace hrm::cli {

training::RunRequest RunArguments::request(std::vector<std::string> settings) const {
  using enum training::RunMode;
  return {.out = out,
          .mode = resume      ? kResume
                  : overwrite ? kOverwrite
                              : kNew,
          .accept_changes = accept_changes,
          .settings = std::move(settings),
          .minutes = minutes};
}

void add_run_options(CLI::App& command, RunArguments& args) {
  command.add_option("-o,--out", args.out, "run folder: checkpoints, model, log, curves")
      ->required()
      ->type_name("FOLDER");
  auto* resume = command.add_flag("--resume", args.resume, "continue the run in --out with its own settings");
  command.add_flag("--overwrite", args.overwrite, "replace the run in --out")->excludes(resume);
  command
      .add_flag("--accept-changes", args.accept_changes, "resume even if settings that affect the run's numbers differ")
      ->needs(resume);
  command.add_option("--minutes", args.minutes, "stop after this training time, over all resumes; 0: no limit")
      ->type_name("X");
  add_json_flag(command, args.json);
  add_seed_option(command, args.seed);
}

void finish_run(const training::RunReport& report, const RunArguments& args, std::string_view command, Exit& exit) {
  if (args.json)
    print_json(report.json);
  else
    fmt::print("{}", report.table);
  if (report.run.end != training::RunEnd::kInterrupted) return;
  log_info("interrupted after step {}; continue with: {} --resume --out {}", report.run.step, command,
           args.out.string());
  exit.code = kInterruptedExitCode;
}

}  // namespace hrm::cli
