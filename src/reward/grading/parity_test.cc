// Against the reference's verdicts and extractions (shared fixtures/grading, whose README says how they were made).
#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "base/testing/paths.h"
#include "grading/exact_library.h"
#include "grading/extract.h"
#include "grading/prm800k.h"
#include "grading/text_edit.h"

namespace hrm::grading {
namespace {

std::filesystem::path fixture(std::string_view name) { return shared_folder() / "fixtures/grading" / name; }

// The room `formats`, which reads such files too, is not below this one.
std::string unpacked(const std::string& packed) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), &ZSTD_freeDStream);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::string text, block(size_t{1} << 17, '\0');
  while (in.pos < in.size) {
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(stream.get(), &out, &in))) throw bad_input("test", "damaged zst file");
    text.append(block, 0, out.pos);
  }
  return text;
}

std::vector<Json> read_rows_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string(), text = unpacked(read_file(file));
  std::vector<Json> rows;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) rows.push_back(parse_json(rest.substr(0, end), name));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  EXPECT_FALSE(rows.empty());
  return rows;
}

std::vector<Json> read_rows(std::string_view name) { return read_rows_of(fixture(name)); }

std::string text_of(const Json& row, const char* field) { return row.at(field).get<std::string>(); }

// The first few of a kind of difference, and their number.
class Differences {
 public:
  void add(const std::string& line) {
    if (count_++ < 12) lines_ += "\n  " + line;
  }
  size_t count() const { return count_; }
  std::string text() const { return fmt::format("{} differ{}", count_, lines_); }

 private:
  size_t count_ = 0;
  std::string lines_;
};

TEST(ExtractParity, EveryAnswer) {
  HRM_SKIP_WITHOUT(fixture("extract.jsonl.zst"));
  const std::map<std::string, AnswerFormat> formats = {
      {"hrm", AnswerFormat::kHrm}, {"gsm8k", AnswerFormat::kGsm8k}, {"boxed", AnswerFormat::kBoxed}};
  for (const Json& row : read_rows("extract.jsonl.zst")) {
    const std::string text = text_of(row, "text");
    const auto answer = extract_answer(text, formats.at(text_of(row, "format")));
    EXPECT_EQ(answer ? Json(*answer) : Json(nullptr), row.at("answer")) << row;
    if (row.contains("has_answer")) {
      EXPECT_EQ(has_answer_heading(text), row.at("has_answer").get<bool>()) << row;
    }
  }
}

TEST(GradeParity, NormalizationsOfEveryAnswer) {
  HRM_SKIP_WITHOUT(fixture("grade_steps.jsonl.zst"));
  const auto rows = read_rows("grade.jsonl.zst"), steps = read_rows("grade_steps.jsonl.zst");
  ASSERT_EQ(rows.size(), steps.size());
  Differences differences;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Prm800kSteps ours =
        grade_prm800k(text_of(rows[i], "given"), text_of(rows[i], "gold"), Deadline(0), /*keep_all=*/true);
    for (const auto& [name, texts] : {std::pair("first", &ours.first), std::pair("second", &ours.second)})
      if (steps[i].contains(name) && !steps[i].at(name).is_null() && Json(*texts) != steps[i].at(name))
        differences.add(fmt::format("{} of {}: {} but the reference {}", name, rows[i].dump(), Json(*texts).dump(),
                                    steps[i].at(name).dump()));
  }
  EXPECT_EQ(differences.count(), 0u) << differences.text();
}

// What decided, and where algebra did, at least 99 % of its verdicts; none correct that the reference calls wrong.
TEST(GradeParity, DecisionsAndVerdicts) {
  HRM_SKIP_WITHOUT(fixture("grade_steps.jsonl.zst"));
  const auto rows = read_rows("grade.jsonl.zst"), steps = read_rows("grade_steps.jsonl.zst");
  Differences differences, too_lenient, algebra_differences, undecided;
  size_t algebra = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const Prm800kSteps ours = grade_prm800k(text_of(rows[i], "given"), text_of(rows[i], "gold"), Deadline(1));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(took.count(), 2) << rows[i];
    const std::string by = text_of(steps[i], "decided_by");
    const std::string line =
        fmt::format("{}: {} by {}, {}", rows[i].dump(), name_of(ours.verdict), ours.decided_by, steps[i].dump());
    if (by == "timeout") continue;
    const bool same = ours.verdict == (rows[i].at("verdict").get<bool>() ? Verdict::kCorrect : Verdict::kWrong);
    if (by != "algebra_equal" && by != "algebra_different") {
      if (!same || ours.decided_by != by) differences.add(line);
      continue;
    }
    ++algebra;
    if (ours.verdict == Verdict::kUndecided)
      undecided.add(line);
    else if (!same)
      algebra_differences.add(line);
    if (ours.verdict == Verdict::kCorrect && !same) too_lenient.add(line);
  }
  EXPECT_EQ(differences.count(), 0u) << differences.text();
  EXPECT_LE((algebra_differences.count() + undecided.count()) * 100, algebra)
      << algebra_differences.text() << undecided.text();
  EXPECT_EQ(too_lenient.count(), 0u) << too_lenient.text();
  RecordProperty("algebra_rows", static_cast<int>(algebra));
  RecordProperty("differ", static_cast<int>(algebra_differences.count()));
  RecordProperty("undecided", static_cast<int>(undecided.count()));
}

// Answers that a model gave to GSM8K questions.
TEST(GradeParity, RealAnswers) {
  HRM_SKIP_WITHOUT(fixture("grade_real.jsonl.zst"));
  Differences differences;
  for (const Json& row : read_rows("grade_real.jsonl.zst")) {
    if (row.at("verdict").is_null()) continue;
    const Verdict expected = row.at("verdict").get<bool>() ? Verdict::kCorrect : Verdict::kWrong;
    const Verdict ours =
        grade(text_of(row, "given"), text_of(row, "gold"), {.profile = Profile::kPrm800k, .seconds = 1});
    if (ours != expected) differences.add(fmt::format("{} of {}", name_of(ours), row.dump()));
  }
  EXPECT_EQ(differences.count(), 0u) << differences.text();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  replace_all(text, from, to);
  return text;
}

// An answer as people and models write it, too.
std::vector<std::string> spellings_of(const std::string& answer) {
  std::vector<std::string> all = {"$" + answer + "$",
                                  "\\boxed{" + answer + "}",
                                  "\\(" + answer + "\\)",
                                  "**" + answer + "**",
                                  answer + ".",
                                  replaced(replaced(answer, "\\dfrac", "\\frac"), "\\frac", "\\tfrac"),
                                  replaced(replaced(answer, "\\left", ""), "\\right", ""),
                                  replaced(replaced(answer, "\\cup", "∪"), "\\infty", "∞"),
                                  replaced(answer, "\\pi", "π"),
                                  replaced(answer, "^\\circ", "°"),
                                  replaced(answer, "^\\circ", " degrees"),
                                  replaced(answer, "^\\circ", ""),
                                  replaced(answer, "\\$", ""),
                                  replaced(answer, ",\\!", ","),
                                  replaced(answer, ",\\!", ""),
                                  replaced(answer, "\\mbox", "\\text"),
                                  replaced(answer, "pmatrix", "bmatrix")};
  const bool whole = !answer.empty() && answer.find_first_not_of("0123456789") == std::string::npos;
  if (whole) {
    for (const char* before : {"x=", "n = ", "+"}) all.push_back(before + answer);
    for (const char* behind : {".0", "\\text{ units}", " cm", "\\%"}) all.push_back(answer + behind);
  }
  if (whole && answer.size() > 3)
    for (const char* mark : {",", "{,}", "\\,", ",\\!", " "})
      all.push_back(answer.size() > 6 ? answer : std::string(answer).insert(answer.size() - 3, mark));
  return all;
}

TEST(GradeSound, MathAnswersInTheirUsualSpellings) {
  const auto file = shared_folder() / "data/math/math500_test.jsonl.zst";
  HRM_SKIP_WITHOUT(file);
  if (!exact_library()) GTEST_SKIP() << "skipped: FLINT is not installed";
  Differences wrong, undecided;
  size_t pairs = 0;
  for (const Json& row : read_rows_of(file)) {
    const std::string gold = text_of(row, "answer");
    for (const std::string& given : spellings_of(gold)) {
      ++pairs;
      const Verdict verdict = grade(given, gold, {.seconds = 1});
      if (verdict == Verdict::kCorrect) continue;
      (verdict == Verdict::kWrong ? wrong : undecided).add(given + " | " + gold);
    }
  }
  EXPECT_EQ(wrong.count(), 0u) << wrong.text();
  EXPECT_LE(undecided.count() * 100, pairs) << undecided.text();
}

}  // namespace
}  // namespace hrm::grading
