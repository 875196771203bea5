#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/threads.h"
#include "cli/command.h"
#include "formats/jsonl.h"
#include "grading/exact_library.h"
#include "grading/extract.h"
#include "grading/grade.h"

namespace hrm::cli {
namespace {

using grading::AnswerFormat;
using grading::Verdict;

constexpr size_t kBatch = 2048;  // pairs graded between two looks at Ctrl-C
constexpr size_t kBatchBytes = size_t{1} << 24;

const std::map<std::string, std::optional<AnswerFormat>> kFormats = {
    {"none", std::nullopt},          {"hrm", AnswerFormat::kHrm},     {"heading", AnswerFormat::kHeading},
    {"gsm8k", AnswerFormat::kGsm8k}, {"boxed", AnswerFormat::kBoxed}, {"auto", AnswerFormat::kAuto}};

struct Arguments {
  std::vector<std::string> input;  // one file, or an answer and its gold answer
  std::filesystem::path out;
  std::string profile = "sound", extract = "none", extract_gold = "none";
  size_t threads = 0;
  double limit_ms = 10;
  bool skip_bad = false, explain = false, json = false;

  grading::GradeOptions options() const {
    return {.profile = profile == "sound" ? grading::Profile::kSound : grading::Profile::kPrm800k,
            .seconds = limit_ms / 1000};
  }
};

struct Counts {
  std::map<Verdict, uint64_t> verdicts;
  uint64_t unanswered = 0;
};

// Adds `verdict` (and `answer`, `decided_by`) to the row. An answer that is not found is wrong; without a gold answer
// nothing can be decided.
Verdict grade_row(Json& row, const Arguments& args, bool& unanswered) {
  const auto taken = [&](const char* field, const std::string& format) -> std::optional<std::string> {
    const std::string& text = row[field].get_ref<const std::string&>();
    const auto& kind = kFormats.at(format);
    if (!kind) return text;
    const bool sound = args.profile == "sound" && *kind == AnswerFormat::kHrm;  // without the authors' losses
    return grading::extract_answer(text, sound ? AnswerFormat::kHeading : *kind);
  };
  const auto given = taken("given", args.extract), gold = taken("gold", args.extract_gold);
  grading::Explained result{Verdict::kUndecided, "no gold answer found"};
  if (gold && given) result = grading::explain(*given, *gold, args.options());
  if (gold && !given) result = {Verdict::kWrong, "no answer found"};
  unanswered = !given;
  if (args.extract != "none") row["answer"] = given ? Json(*given) : Json(nullptr);
  row["verdict"] = std::string(grading::name_of(result.verdict));
  if (args.explain) row["decided_by"] = std::string(result.decided_by);
  return result.verdict;
}

// Up to kBatch rows, or fewer that hold kBatchBytes; none at the end.
std::vector<Json> next_rows(JsonlReader& lines) {
  std::vector<Json> rows;
  size_t bytes = 0;
  while (rows.size() < kBatch && bytes < kBatchBytes && lines.next()) {
    try {
      for (const char* field : {"given", "gold"}) json_field<std::string>(lines.value(), field, lines.place());
      rows.push_back(lines.value());
      bytes += lines.bytes();
    } catch (const Error& error) {
      lines.reject(error);
    }
  }
  return rows;
}

// Writes each row where its turn comes: to --out, else to standard output unless that is for the summary.
class Output {
 public:
  explicit Output(const Arguments& args) : print_(!args.json && args.out.empty()) {
    if (!args.out.empty()) file_.emplace(args.out, JsonlWriter::Mode::kTruncate);
  }
  void write(const Json& row) {
    if (file_) file_->write(row);
    if (print_) fmt::print("{}\n", printable(row));
  }

 private:
  std::optional<JsonlWriter> file_;
  bool print_;
};

void report(const Counts& counts, uint64_t bad, const Arguments& args) {
  uint64_t pairs = 0;
  Json summary = {{"pairs", 0}};
  for (const Verdict verdict : {Verdict::kCorrect, Verdict::kWrong, Verdict::kUndecided}) {
    const auto at = counts.verdicts.find(verdict);
    const uint64_t n = at == counts.verdicts.end() ? 0 : at->second;
    summary[std::string(grading::name_of(verdict))] = n;
    pairs += n;
  }
  summary["pairs"] = pairs;
  summary["unanswered"] = counts.unanswered;
  summary["bad_lines"] = bad;
  summary["profile"] = args.profile;
  if (args.json) return print_json(summary);
  log_info("{} pairs: {} correct, {} wrong ({} without an answer), {} undecided; {} bad lines skipped", pairs,
           summary["correct"].get<uint64_t>(), summary["wrong"].get<uint64_t>(), counts.unanswered,
           summary["undecided"].get<uint64_t>(), bad);
}

JsonlReader open_rows(const Arguments& args) {
  return JsonlReader(args.input[0], {.skip_bad = args.skip_bad, .forgive_cut_end = false, .accept_array = true});
}

// A file is read through before anything is written, so that a fault in it leaves --out as it was; a pipe cannot be.
uint64_t count_rows(const Arguments& args) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(args.input[0], error)) return 0;
  JsonlReader lines = open_rows(args);
  uint64_t count = 0;
  for (size_t n; (n = next_rows(lines).size()) > 0;) count += n;
  return count;
}

void grade_file(const Arguments& args, Exit& exit) {
  const uint64_t total = count_rows(args);
  JsonlReader lines = open_rows(args);
  std::vector<Json> rows = next_rows(lines);
  Output output(args);
  Counts counts;
  const InterruptScope scope;
  Progress progress("grading", total, {.unit = "pairs", .enabled = total > 0});
  uint64_t done = 0;
  for (; !rows.empty() && !interrupted(); rows = next_rows(lines)) {
    std::vector<Verdict> verdicts(rows.size());
    std::vector<char> unanswered(rows.size());
    parallel_for(rows.size(), args.threads, [&](size_t i) {
      bool missing = false;
      verdicts[i] = grade_row(rows[i], args, missing);
      unanswered[i] = missing;
    });
    for (size_t i = 0; i < rows.size(); ++i) {
      ++counts.verdicts[verdicts[i]];
      counts.unanswered += static_cast<uint64_t>(unanswered[i]);
      output.write(rows[i]);
    }
    progress.update(std::min(done += rows.size(), total));
  }
  for (const std::string& message : lines.bad().messages) log_warning("skipped: {}", message);
  if (interrupted()) exit.code = kInterruptedExitCode;
  report(counts, lines.bad().count, args);
}

void grade_pair(const Arguments& args) {
  Json row = {{"given", args.input[0]}, {"gold", args.input[1]}};
  bool unanswered = false;
  const Verdict verdict = grade_row(row, args, unanswered);
  if (args.json) return print_json(row);
  fmt::print("{}", grading::name_of(verdict));
  if (args.explain) fmt::print(" ({})", row["decided_by"].get<std::string>());
  fmt::print("\n");
}

constexpr char kAnswerMark = '\x1F';  // before an argument that looks like an option

// Takes the marks off again.
void unmark(Arguments& args) {
  const auto is_file = [](const std::string& input) { return std::filesystem::exists(input); };
  const bool alone = args.input.size() == 1 || std::ranges::any_of(args.input, is_file);
  for (std::string& input : args.input) {
    if (!input.starts_with(kAnswerMark)) continue;
    input.erase(0, 1);
    if (alone && input[0] == '-')
      throw bad_input("grade", "{} is not an option; an answer that begins with - needs its gold answer after it",
                      input);
  }
}

void run(Arguments& args, Exit& exit) {
  unmark(args);
  if (!grading::exact_library())
    log_warning("FLINT is not installed, so pairs that need algebra are undecided: install {}",
                grading::kExactPackages);
  args.input.size() == 2 ? grade_pair(args) : grade_file(args, exit);
}

}  // namespace

// CLI11 would cut [0,1] at its comma, and take -\frac{1}{2} for flags.
void mark_answers(std::vector<std::string>& words) {
  constexpr std::string_view kFlags = "qvh", kNoFlag = "-.0123456789o";
  if (words.empty() || words[0] != "grade") return;
  bool options = true;
  for (size_t i = 1; i < words.size(); ++i) {
    std::string& word = words[i];
    const bool is_value = options && (words[i - 1] == "-o" || words[i - 1] == "--out");
    if (word.size() < 2 || is_value) continue;
    const bool is_flag = word.size() == 2 && kFlags.find(word[1]) != std::string::npos;
    const bool minus = options && word[0] == '-' && kNoFlag.find(word[1]) == std::string::npos && !is_flag;
    if (word == "--") options = false;
    if (minus || word[0] == '[') word.insert(word.begin(), kAnswerMark);
  }
}

void register_grade(CLI::App& app, Exit& exit) {
  const auto args = std::make_shared<Arguments>();
  CLI::App& command = *app.add_subcommand("grade", "Compare answers with gold answers.");
  command
      .add_option("input", args->input,
                  "JSON lines with `given` and `gold` (may be .zst or .gz; - is standard input), or an answer and a "
                  "gold answer")
      ->type_name("FILE | GIVEN GOLD")
      ->required()
      ->expected(1, 2);
  command.add_option("-o,--out", args->out, "file for the verdicts; default: standard output")->type_name("FILE");
  command.add_option("--profile", args->profile, "sound (mathematical equality) or prm800k (that grader's verdicts)")
      ->check(CLI::IsMember({"sound", "prm800k"}))
      ->type_name("NAME")
      ->capture_default_str();
  for (const auto& [flag, format, what] : {std::tuple("--extract", &args->extract, "`given`"),
                                           std::tuple("--extract-gold", &args->extract_gold, "`gold`")})
    command
        .add_option(
            flag, *format,
            fmt::format(
                "how to find the answer in {}, if it is a whole solution: none, hrm, heading, gsm8k, boxed or auto",
                what))
        ->check(CLI::IsMember({"none", "hrm", "heading", "gsm8k", "boxed", "auto"}))
        ->type_name("FORMAT")
        ->capture_default_str();
  command.add_option("--limit-ms", args->limit_ms, "time limit for the algebra of one pair; then it is undecided")
      ->check(CLI::Range(0.0, 1000.0))
      ->type_name("MS")
      ->capture_default_str();
  command.add_flag("--explain", args->explain, "add the rule that decided");
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
