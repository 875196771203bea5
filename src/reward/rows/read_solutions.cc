#include "rows/read_solutions.h"

#include <memory>

#include "base/signals.h"
#include "rows/prm800k.h"
#include "rows/read_benchmarks.h"
#include "rows/read_openr.h"
#include "rows/read_stepwise.h"
#include "rows/record_fields.h"

namespace hrm::rows {
namespace {

bool has_labels(Format format) {
  return format != Format::kGsm8k && format != Format::kMath && format != Format::kCompletions;
}

// A file whose first record has no labels must not lose those of a later one.
void refuse_labels(Format format, const Json& record, std::string_view place) {
  const auto found = detect_format(record);
  if (found && has_labels(*found))
    throw bad_input("rows.read", "{}: this record is {}, those before it are {}: split the file, or choose with --from",
                    place, name_of_enum(*found), name_of_enum(format));
  if (may_lose_labels(record)) need_format(record, place);
}

// Of the first record of a file that has a format, and the fields of its first record: what one process would see that
// reads the file from its beginning.
struct Beginning {
  std::optional<Format> format;
  uint64_t at = 0;
  std::string fields = {};
};

Beginning beginning_of(const std::filesystem::path& path, std::optional<Format> given) {
  if (path == "-")
    throw bad_input("rows.read", "standard input cannot be shared by several processes: write it to a file first");
  Beginning beginning{.format = given};
  JsonlReader lines(path, {.skip_bad = true, .forgive_cut_end = false, .accept_array = true});
  while ((!beginning.format || beginning.fields.empty()) && lines.next()) {
    if (beginning.fields.empty()) beginning.fields = field_names(lines.value());
    if (beginning.format) break;
    beginning.format = detect_format(lines.value());
    beginning.at = lines.records() - 1;
  }
  return beginning;
}

// What its solutions hold together: shared steps are copied into each.
constexpr size_t kMostSteps = size_t{1} << 20;

}  // namespace

void read_record(const SourceRecord& source, Neutral neutral, ConversionCounts& counts, const SolutionSink& emit) {
  const Json& record = source.json;
  const std::string_view place = source.place;
  size_t steps = 0;
  const SolutionSink counted = [&](LabeledSolution&& solution) {
    steps += solution.steps.size();
    if (steps > kMostSteps)
      throw bad_input("rows.read", "{}: the solutions of this record have more than {} steps together", place,
                      kMostSteps);
    ++counts.solutions;
    emit(std::move(solution));
  };
  if (!record.is_object()) throw bad_input("rows.read", "{}: expected an object", place);
  switch (source.format) {
    case Format::kPrm800k:
      return prm800k_solutions(parse_prm800k(record, place), neutral, counts, counted);
    case Format::kMathShepherd:
      return counted(read_math_shepherd(record, place, counts));
    case Format::kOpenRlhf:
      return counted(read_openrlhf(record, place, counts));
    case Format::kOpenr:
      return read_openr_flat(record, place, counts, counted);
    case Format::kOpenrTree:
      return read_openr_tree(record, place, counted);
    case Format::kOpenrProcess:
      return counted(read_openr_process(record, place));
    case Format::kTrl:
      return counted(read_trl(record, place));
    case Format::kRlhflow:
      return counted(read_rlhflow(record, place, counts));
    case Format::kPlain:
      return counted(read_plain(record, place, neutral, counts));
    case Format::kThinkPrm:
      return counted(read_thinkprm(record, place));
    case Format::kVersaPrm:
      return counted(read_versaprm(record, place));
    case Format::kBigBench:
      return counted(read_bigbench(record, place));
    case Format::kKto:
      return counted(read_kto(record, place));
    case Format::kFirstError0:
    case Format::kFirstError1:
      return counted(read_first_error(record, place, source.format == Format::kFirstError1 ? 1 : 0));
    case Format::kProcessBench:
      return counted(read_processbench(record, place));
    case Format::kPrmBench:
      return counted(read_prmbench(record, place, counts));
    case Format::kGsm8k:
      return counted(read_gsm8k(record, place));
    case Format::kMath:
      return counted(read_math(record, place));
    case Format::kCompletions:
      return read_completions(record, place, counted);
    case Format::kRows:
      break;
  }
  throw bad_input("rows.read", "{}: training rows contain no solutions: use `hrm rows check`", place);
}

std::string question_of_record(Format format, const Json& record, std::string_view place) {
  ConversionCounts ignored;
  switch (format) {
    case Format::kPrm800k:
      return need_text(need_field(record, "question", place), {"problem"}, place);
    case Format::kMathShepherd:
      return read_math_shepherd(record, place, ignored).question;
    case Format::kOpenRlhf:
      return read_openrlhf(record, place, ignored).question;
    case Format::kRlhflow:
      return read_rlhflow(record, place, ignored).question;
    case Format::kBigBench:
      return need_text(record, {"input"}, place);
    case Format::kPrmBench:
      return need_text(record, {"question", "original_question"}, place);
    case Format::kRows:
      return std::string(question_of_prompt(need_text(record, {"input"}, place)));
    default:
      return find_question(record) ? need_question(record, place) : need_text(record, {"question", "input"}, place);
  }
}

BadLines for_each_record(const std::filesystem::path& path, const ReadOptions& options, ConversionCounts& counts,
                         const RecordUse& use) {
  Beginning beginning;
  if (options.shard.size > 1) beginning = beginning_of(path, options.format);
  if (counts.fields.empty()) counts.fields = beginning.fields;
  JsonlReader lines(
      path, {.skip_bad = options.skip_bad, .forgive_cut_end = false, .accept_array = true, .shard = options.shard});
  std::optional<Format> format = options.format;
  while (lines.next()) {
    if (interrupted()) throw failure("rows.read", "{}: interrupted", lines.source());
    ++counts.records;
    counts.at = lines.records() - 1;
    if (!format && counts.at >= beginning.at) format = beginning.format;
    try {
      if (counts.fields.empty()) counts.fields = field_names(lines.value());
      if (!format) format = need_format(lines.value(), lines.place());
      if (!options.format && !has_labels(*format)) refuse_labels(*format, lines.value(), lines.place());
      counts.format = name_of_enum(*format);
      use(*format, lines.value(), lines.place());
    } catch (const Error& error) {
      if (error.fault() != Fault::kBadInput) throw;
      lines.reject(error);
    }
  }
  counts.at = lines.records();
  return lines.bad();
}

BadLines read_solutions(const std::filesystem::path& path, const ReadOptions& options, ConversionCounts& counts,
                        const SolutionSink& emit) {
  return for_each_record(path, options, counts, [&](Format format, const Json& record, const std::string& place) {
    read_record({format, record, place}, options.neutral, counts, emit);
  });
}

}  // namespace hrm::rows
