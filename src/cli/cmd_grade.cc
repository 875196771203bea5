#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/waiting.h"
#include "cli/choices.h"
#include "cli/command.h"
#include "cli/operands.h"
#include "formats/jsonl.h"
#include "grading/exact_library.h"
#include "grading/grade_records.h"

namespace hrm::cli {
namespace {

constexpr size_t kBatch = 2048;                  // pairs graded between checks for Ctrl-C
constexpr size_t kBatchBytes = size_t{1} << 26;  // in memory

struct GradeArguments {
  std::vector<std::string> input;  // one file, or an answer and its gold answer
  std::filesystem::path out;
  grading::RecordOptions options;
  size_t threads = 0;
  double limit_ms = 10;
  bool skip_bad = false, json = false;
};

// Up to kBatch rows, or fewer that hold kBatchBytes; none at the end.
std::vector<Json> next_rows(JsonlReader& lines) {
  std::vector<Json> rows;
  size_t bytes = 0;
  while (rows.size() < kBatch && bytes < kBatchBytes && lines.next()) {
    try {
      for (const char* field : {"given", "gold"}) json_field<std::string>(lines.value(), field, lines.place());
      bytes += lines.bytes();
      rows.push_back(lines.take());
    } catch (const Error& error) {
      lines.reject(error);
    }
  }
  return rows;
}

void report(const grading::RecordCounts& counts, uint64_t bad, const GradeArguments& args) {
  using enum grading::Verdict;
  if (!args.json) {
    log_info("{} pairs: {} correct, {} wrong ({} without an answer), {} undecided; {} bad lines skipped",
             counts.pairs(), counts.of(kCorrect), counts.of(kWrong), counts.unanswered, counts.of(kUndecided), bad);
    return;
  }
  Json summary = counts.to_json();
  summary["bad_lines"] = bad;
  summary["profile"] = name_of_enum(args.options.grade.profile);
  print_json(summary);
}

JsonlReader open_rows(const GradeArguments& args) {
  return JsonlReader(args.input[0], {.skip_bad = args.skip_bad, .forgive_cut_end = false, .accept_array = true});
}

// A file is read through before anything is printed, so that its faults are reported first; a pipe cannot be.
uint64_t count_rows(const GradeArguments& args) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(args.input[0], error)) return 0;
  JsonlReader lines = open_rows(args);
  uint64_t count = 0;
  for (size_t n; (n = next_rows(lines).size()) > 0;) count += n;
  return count;
}

void grade_file(const GradeArguments& args, Exit& exit) {
  const uint64_t total = count_rows(args);
  JsonlReader lines = open_rows(args);
  const auto read_on = [&](std::vector<Json>& rows) {
    rows.clear();  // before the next ones take their memory
    try {
      rows = next_rows(lines);
    } catch (const Interrupted&) {
    }
    return !rows.empty() && !interrupted();
  };
  std::vector<Json> rows = next_rows(lines);
  JsonlOutput output(args.out);
  grading::RecordCounts counts;
  const InterruptScope scope;
  Progress progress("grading", total, {.unit = "pairs", .enabled = total > 0});
  uint64_t done = 0;
  for (bool more = !rows.empty(); more; more = read_on(rows)) {
    grading::grade_records(rows, args.options, args.threads, counts);
    if (output.is_file() || !args.json)
      for (const Json& row : rows) output.write(row);
    progress.update(std::min(done += rows.size(), total));
  }
  warn_of(lines.bad());
  finish_lines(output, exit);
  report(counts, lines.bad().count, args);
}

void grade_pair(const GradeArguments& args) {
  Json row = {{"given", args.input[0]}, {"gold", args.input[1]}};
  const grading::RecordVerdict found = grading::grade_record(row, args.options, "the pair");
  if (args.json) return print_json(row);
  fmt::print("{}", grading::name_of(found.verdict));
  if (args.options.explain) fmt::print(" ({})", row["decided_by"].get<std::string>());
  fmt::print("\n");
}

void unmark(GradeArguments& args) {
  const auto is_file = [](const std::string& input) { return std::filesystem::exists(input); };
  const bool alone = args.input.size() == 1, beside_file = std::ranges::any_of(args.input, is_file);
  for (std::string& input : args.input) {
    if (!unmark_operand(input) || input[0] != '-') continue;
    const bool is_number = input[1] == '.' || std::isdigit(uint8_t(input[1]));
    if (alone || (beside_file && !is_number))
      throw bad_input("grade", "{} is not an option; an answer that begins with - needs its gold answer after it",
                      input);
  }
}

void run(GradeArguments& args, Exit& exit) {
  unmark(args);
  args.options.grade.seconds = args.limit_ms / 1000;
  if (!grading::exact_library())
    log_warning("FLINT is not installed, so pairs that need algebra are undecided: install {}",
                grading::kExactPackages);
  args.input.size() == 2 ? grade_pair(args) : grade_file(args, exit);
}

// --extract none|hrm|..., where none is not a format.
void add_extraction(CLI::App& command, const std::string& flag, std::optional<grading::AnswerFormat>& format,
                    std::string_view what) {
  constexpr const char* kNone = "none";
  Names names = names_of<grading::AnswerFormat>();
  names.insert(names.begin(), kNone);
  CLI::Option* option = command.add_option_function<std::string>(
      flag,
      [&format, flag](const std::string& name) {
        format = name == kNone ? std::nullopt : std::optional(parse_enum<grading::AnswerFormat>(name, flag));
      },
      fmt::format("{} is a whole solution: how to find the answer in it", what));
  limit_to(option, names)->default_str(kNone);
}

}  // namespace

void register_grade(CLI::App& app, Exit& exit) {
  const auto args = std::make_shared<GradeArguments>();
  CLI::App& command = *app.add_subcommand("grade", "Compare answers with gold answers.");
  command
      .add_option("input", args->input,
                  "JSON lines with `given` and `gold` (may be .zst or .gz; - is standard input), or an answer and a "
                  "gold answer")
      ->type_name("FILE | GIVEN GOLD")
      ->required()
      ->expected(1, 2);
  command.add_option("-o,--out", args->out, "file for the verdicts; default: standard output")->type_name("FILE");
  add_choice(command, "--profile", args->options.grade.profile,
             "mathematical equality, or the verdicts of PRM800K's grader");
  add_extraction(command, "--extract", args->options.extract, "`given`");
  add_extraction(command, "--extract-gold", args->options.extract_gold, "`gold`");
  command.add_option("--limit-ms", args->limit_ms, "time limit for the algebra of one pair; then it is undecided")
      ->check(CLI::Range(0.0, 1000.0))
      ->type_name("MS")
      ->capture_default_str();
  command.add_flag("--explain", args->options.explain, "add the rule that decided");
  command.add_flag("--skip-bad", args->skip_bad, "leave out bad lines, and list them");
  add_threads_option(command, args->threads);
  add_json_flag(command, args->json);
  command.callback([args, &exit] { run(*args, exit); });
  set_examples(command,
               {{"hrm grade \"\\frac12\" 0.5", "one pair"},
                {"hrm grade answers.jsonl --out verdicts.jsonl", "one verdict per line; other fields are kept"},
                {"hrm grade solutions.jsonl --extract auto --json", "whole solutions; only the counts"},
                {"hrm grade answers.jsonl --profile prm800k --explain", "with the rules of the PRM800K grader"}});
}

}  // namespace hrm::cli
