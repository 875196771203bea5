#include "reward/train.h"

#include <gtest/gtest.h>

#include "formats/jsonl.h"
#include "reward/score_files.h"
#include "reward/testing/small_models.h"
#include "rows/prompt.h"
#include "training/testing/close_weights.h"
#include "training/testing/thread_collective.h"

namespace hrm::reward {
namespace {

namespace fs = std::filesystem;
using language::HeadKind;
using language::LossKind;

// A step is right where its sum is: what a byte-level model learns in no time is whether it holds a "!".
void write_rows(const fs::path& path, int count, bool outcome, bool trials = false) {
  Rng rng(4);
  JsonlOutput lines(path);
  for (int i = 0; i < count; ++i) {
    const bool right = i % 2 == 0;
    const std::string step = fmt::format("{} is {}{}", rng.below(9), rng.below(9), right ? "!" : "?");
    const std::string question = fmt::format("q{}", i / 4);
    Json row = {{"input", outcome ? rows::outcome_prompt(question, step, rows::Mode::kSound)
                                  : rows::step_prompt(question, i % 3 ? "so" : "", step, rows::Mode::kSound)},
                {"label", right ? 1 : 0}};
    if (trials) row["trials"] = 8;
    lines.write(row);
  }
  lines.finish();
}

void write_solutions(const fs::path& path, int count) {
  JsonlOutput lines(path);
  for (int i = 0; i < count; ++i)
    lines.write({{"prompt", fmt::format("q{}", i)},
                 {"completions", {"a!", i % 2 ? "b!" : "b?", "c?"}},
                 {"labels", {true, i % 2 == 1, false}}});
  lines.finish();
}

language::FineTuneRequest request_of(const fs::path& rows, const fs::path& out, std::vector<std::string> more = {}) {
  language::FineTuneRequest request{.run = {.out = out, .settings = {fmt::format(R"(rows=["{}"])", rows.string())}}};
  for (const char* setting : {"tiny.hidden=32", "tiny.layers=1", "tiny.heads=2", "tiny.context=256", "epochs=6",
                              "batch_size=16", "lr=0.01", "log_steps=2"})
    request.run.settings.push_back(setting);
  request.run.settings.insert(request.run.settings.end(), more.begin(), more.end());
  return request;
}

std::string fault_of(const language::FineTuneRequest& request) {
  try {
    train_reward_model(reward_train_defaults(true), request);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::vector<double> scores_of(const fs::path& run) {
  Scorer scorer(load_reward_model(run));
  const std::vector<std::string> right = {"3 is 4!"}, wrong = {"3 is 4?"};
  const std::vector<Scorer::SolutionText> both = {{"q1", &right}, {"q1", &wrong}};
  const auto scores = scorer.score(both);
  return {scores[0].back(), scores[1].back()};
}

TEST(RewardTrain, EveryLossAndHeadLearns) {
  const TestFolder folder("learns");
  const fs::path rows = folder.path / "rows.jsonl", outcomes = folder.path / "orm.jsonl",
                 counts = folder.path / "counts.jsonl", solutions = folder.path / "solutions.jsonl";
  write_rows(rows, 128, false);
  write_rows(outcomes, 128, true);
  write_rows(counts, 128, false, true);
  write_solutions(solutions, 128);
  const std::vector<std::tuple<std::string, fs::path, std::vector<std::string>>> cases = {
      {"regression", rows, {"loss=squared_error"}},
      {"two_class", rows, {"loss=cross_entropy"}},
      {"soft", rows, {"loss=soft_labels"}},
      {"beta", counts, {"loss=beta_binomial"}},
      {"orm", outcomes, {"loss=soft_labels", "kind=orm"}},
      {"token", solutions, {"head=token", "loss=cross_entropy"}},
      {"pairs", solutions, {"head=token", "loss=cross_entropy", "kind=hierarchical"}},
      {"process", solutions, {"head=process", "loss=cross_entropy"}},
      {"value", solutions, {"head=value", "loss=soft_labels"}},
      {"shepherd", solutions, {"head=language", "loss=cross_entropy"}}};
  for (const auto& [name, file, settings] : cases) {
    language::FineTuneRequest request = request_of(file, folder.path / name, settings);
    ASSERT_EQ(fault_of(request), "") << name;
    const std::vector<double> scores = scores_of(folder.path / name);
    EXPECT_GT(scores[0], scores[1] + 0.3) << name;
  }
}

// What a model that reads whole solutions learns of one solution of four steps, kind by kind.
TEST(RewardTrain, KindsOfWholeSolutions) {
  const TestFolder folder("kinds");
  const fs::path file = folder.path / "solutions.jsonl";
  JsonlWriter(file).write({{"question", "q"},
                           {"final_answer", "7"},
                           {"reasoning_steps",
                            {{{"solution_prefix", "q\n\na"}, {"mc_value", 0.5}},
                             {{"solution_prefix", "q\n\na\n\nb"}, {"mc_value", 0.25}},
                             {{"solution_prefix", "q\n\na\n\nb\n\nc"}, {"mc_value", 0.75}},
                             {{"solution_prefix", "q\n\na\n\nb\n\nc\n\n#### 7"}, {"mc_value", 1.0}}}}});
  const text::Tokenizer tokenizer(text::byte_spec({}), "test");
  using Texts = std::vector<std::pair<std::string, std::vector<std::pair<int32_t, float>>>>;
  const auto texts_of = [&](rows::Kind kind) {
    Layout layout = named_layout(LayoutName::kTrl);
    layout.kind = kind;
    LayoutReader reader(layout, tokenizer);
    const language::DecoderConfig config =
        language::tiny_decoder(300, {.hidden_size = 32, .layers = 1, .heads = 2, .context = 64});
    language::ExampleSet set;
    read_examples(file, reader, {.rules = {.config = config, .loss = LossKind::kSoftLabels, .outputs = 1}}, set);
    Texts texts;
    for (const language::Example& example : set.examples) {
      texts.push_back({tokenizer.decode(example.ids), {}});
      for (const language::Target& target : example.targets)
        texts.back().second.emplace_back(target.position, target.value);
    }
    return texts;
  };
  const Texts steps = {{"qa\nb\nc\n#### 7\n", {{2, 0.5F}, {4, 0.25F}, {6, 0.75F}, {13, 1.0F}}}};
  EXPECT_EQ(texts_of(rows::Kind::kProcess), steps);
  EXPECT_EQ(texts_of(rows::Kind::kOutcome), (Texts{{steps[0].first, {{13, 1.0F}}}}));
  EXPECT_EQ(texts_of(rows::Kind::kHierarchical),
            (Texts{steps[0], {"qa\n\nb\nc\n\n#### 7\n", {{5, 0.25F}, {15, 1.0F}}}, {"qa\nb\n\nc\n", {{7, 0.75F}}}}));
}

TEST(RewardTrain, ResumesWithTheSameBits) {
  const TestFolder folder("resume");
  const fs::path rows = folder.path / "rows.jsonl";
  write_rows(rows, 64, false);
  const training::RunReport whole =
      train_reward_model(reward_train_defaults(true), request_of(rows, folder.path / "whole"));
  EXPECT_EQ(whole.json["end"], "finished");
  language::FineTuneRequest part = request_of(rows, folder.path / "part");
  double minutes = 3e-4;  // a few steps; on a busy machine perhaps none
  Json stopped;
  do {
    part.run.minutes = minutes;
    stopped = train_reward_model(reward_train_defaults(true), part).json;
    part.run.mode = training::RunMode::kResume;
    part.run.settings.clear();
    minutes *= 2;
  } while (stopped["end"] == "out_of_time" && stopped["step"] == 0);
  EXPECT_EQ(stopped["end"], "out_of_time");
  part.run.minutes = 0;
  const Json resumed = train_reward_model(reward_train_defaults(true), part).json;
  EXPECT_EQ(resumed["end"], "finished");
  EXPECT_GT(resumed["resumed_from"], 0);
  EXPECT_EQ(scores_of(folder.path / "whole"), scores_of(folder.path / "part"));
}

TEST(RewardTrain, TheNumberOfProcessesChangesRoundingAlone) {
  const TestFolder folder("processes");
  const fs::path rows = folder.path / "rows.jsonl";
  write_rows(rows, 45, false);
  const auto run = [&](const std::string& out, size_t processes) {
    const std::string test = fmt::format(R"(test=["{}"])", rows.string());
    const language::FineTuneRequest request =
        request_of(rows, folder.path / out, {"epochs=1", "max_steps=20", "batch_size=8", "lr=1e-3", test});
    training::testing::ThreadJob(processes).run([&](training::Collective& all) {
      language::FineTuneRequest mine = request;
      mine.threads = 1;
      mine.processes = &all;
      train_reward_model(reward_train_defaults(true), mine);
    });
    return training::load_checkpoint(request.run.out / training::CheckpointNames::kLast).tensors;
  };
  const NamedTensors one = run("one", 1), two = run("two", 2);
  training::testing::expect_close_weights(one, two, "parameter.");
  training::testing::expect_close_weights(one, run("four", 4), "parameter.");
  EXPECT_EQ(two, run("again", 2));
  EXPECT_EQ(scores_of(folder.path / "two"), scores_of(folder.path / "again"));
}

TEST(RewardTrain, ReadsItsTokenBudget) {
  const TestFolder folder("budget");
  const fs::path rows = folder.path / "rows.jsonl";
  write_rows(rows, 64, false);
  const Json report =
      train_reward_model(reward_train_defaults(true), request_of(rows, folder.path / "run", {"token_budget=6000"}))
          .json;
  const double per_step = report["train"]["tokens"].get<double>() * 16 / 64;
  EXPECT_NEAR(report["total_steps"].get<double>() * per_step, 6000, 2 * per_step);
}

TEST(RewardTrain, RefusesRowsByLine) {
  const TestFolder folder("faults");
  const fs::path rows = folder.path / "rows.jsonl";
  const auto fault = [&](const std::string& line, std::vector<std::string> settings = {}) {
    write_rows(rows, 3, false);
    write_file_atomic(rows, read_file(rows) + line + "\n");
    return fault_of(request_of(rows, folder.path / "run", std::move(settings)));
  };
  const std::string long_row = Json{{"input", std::string(400, 'x')}, {"label", 1}}.dump();
  for (const auto& [line, wanted] : std::vector<std::pair<std::string, std::string>>{
           {R"({"input": "x", "label": 1.5})", "label"},
           {R"({"input": "x"})", "label"},
           {R"({"input": "", "label": 1})", "input"},
           {R"({"input": "Question is as follows:\nx", "label": 1})", "outcome"},
           {long_row, "400 tokens"}}) {
    const std::string message = fault(line);
    EXPECT_NE(message.find("line 4"), std::string::npos) << message;
    EXPECT_NE(message.find(wanted), std::string::npos) << message;
  }
  EXPECT_NE(fault(R"({"input": "x", "label": 0.5})", {"loss=cross_entropy"}).find("neither 0 nor 1"),
            std::string::npos);
  EXPECT_EQ(fault(R"({"input": "x", "label": 0.5})", {"loss=cross_entropy", "hard_from=0.5", "epochs=1"}), "");
  fs::remove_all(folder.path / "run");
  EXPECT_EQ(fault(long_row, {"drop_long=true", "epochs=1"}), "");
  fs::remove_all(folder.path / "run");
  EXPECT_NE(fault("", {"head=token"}).find("whole solutions"), std::string::npos);
  EXPECT_NE(fault("", {"head=value"}).find("soft_labels"), std::string::npos);
}

TEST(ScoreFile, AddsScoresToEveryKindOfFile) {
  const TestFolder folder("files");
  write_checkpoint(folder.path / "model", HeadKind::kSequence, 1);
  Scorer scorer(load_reward_model(folder.path / "model", {.name = "me"}));
  const auto score = [&](const std::string& text, ScoreFileOptions options = {}) {
    const fs::path file = folder.path / "file.jsonl";
    write_file_atomic(file, text);
    std::vector<Json> records;
    options.progress = false;
    score_file(file, scorer, options, [&](const Json& record) { records.push_back(record); });
    return records;
  };
  const auto processbench = score(R"({"id": "p-1", "problem": "q", "steps": ["a", "b"], "label": 1})"
                                  "\n");
  ASSERT_EQ(processbench.size(), 1u);
  EXPECT_EQ(processbench[0]["label"], 1);
  EXPECT_EQ(processbench[0]["scores"]["me"].size(), 2u);

  const auto solutions = score(
      R"({"id": "7", "question": "q", "gold": "1", "candidates": [{"steps": ["a", "b"], "scores": [0.5, 0.5]}, {"steps": ["a"]}]})"
      "\n");
  ASSERT_EQ(solutions.size(), 1u);
  const Json& candidates = solutions[0]["candidates"];
  EXPECT_EQ(candidates[0]["scores"]["scores"], Json({0.5, 0.5}));  // of another scorer
  EXPECT_EQ(candidates[0]["scores"]["me"].size(), 2u);
  EXPECT_EQ(candidates[0]["scores"]["me"][0], candidates[1]["scores"]["me"][0]);
  EXPECT_EQ(candidates[0]["scores"]["me"][0], processbench[0]["scores"]["me"][0]);
  EXPECT_GT(candidates[0]["scored_tokens"].get<int64_t>(), 0);

  const std::string faulty = R"({"id": "1", "problem": "q", "steps": [], "label": -1})"
                             "\n"
                             R"({"id": "2", "problem": "q", "steps": ["a"], "label": -1})"
                             "\n";
  EXPECT_THROW(score(faulty), Error);
  EXPECT_EQ(score(faulty, {.skip_bad = true}).size(), 1u);
  const std::string too_long =
      Json{{"id", "1"}, {"problem", "q"}, {"steps", {std::string(600, 'x')}}, {"label", -1}}.dump();
  try {
    score(too_long + "\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("line 1"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace hrm::reward
