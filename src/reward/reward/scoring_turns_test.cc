// Scores by several processes, here threads of this one: those of one process, bit for bit.
#include "reward/scoring_turns.h"

#include <gtest/gtest.h>

#include "base/testing/refused.h"
#include "reward/evaluate.h"
#include "reward/testing/small_models.h"
#include "training/testing/thread_collective.h"
#include "tree/testing/trees.h"

namespace hrm::reward {
namespace {

namespace fs = std::filesystem;
using training::Collective;
using training::testing::ThreadJob;

class ScoringProcesses : public ::testing::Test {
 protected:
  ScoringProcesses() { write_checkpoint(model(), language::HeadKind::kSequence, 1); }

  fs::path model() const { return folder_.path / "model"; }
  Json steps_of(size_t count) {
    Json steps = Json::array();
    for (size_t i = 0; i < count; ++i) steps.push_back(random_text(rng_, 8) + std::to_string(i));
    return steps;
  }
  fs::path write(const std::string& name, const std::vector<Json>& records) const {
    std::string text;
    for (const Json& record : records) text += printable(record) + "\n";
    write_file_atomic(folder_.path / name, text);
    return folder_.path / name;
  }

  // Records and report of process 0.
  std::string scored(const fs::path& file, size_t processes) {
    std::string text;
    ThreadJob(processes).run([&](Collective& all) {
      Scorer scorer(load_reward_model(model()));
      ScoreFileReport report =
          score_file(file, scorer, {.skip_bad = true, .progress = false, .processes = &all}, [&](const Json& record) {
            EXPECT_TRUE(all.is_root());
            text += printable(record) + "\n";
          });
      report.seconds = 0;
      if (all.is_root()) text += printable(report.to_json());
    });
    return text;
  }
  // Report and scored.jsonl.
  std::string evaluated(const fs::path& file, size_t processes) {
    const fs::path out = folder_.path / fmt::format("of-{}", processes);
    std::string text;
    ThreadJob(processes).run([&](Collective& all) {
      Scorer scorer(load_reward_model(model()));
      Evaluation found = evaluate(file, scorer, out, {.draws = 20, .progress = false, .processes = &all});
      found.scored.seconds = 0;
      if (all.is_root()) text = printable(found.to_json()) + read_file(out / "scored.jsonl");
    });
    fs::remove_all(out);
    return text;
  }

  TestFolder folder_{::testing::UnitTest::GetInstance()->current_test_info()->name()};
  Rng rng_{3};
};

TEST_F(ScoringProcesses, RecordsAreScoredAsByOne) {
  std::vector<Json> records;
  for (int i = 0; i < 40; ++i) {  // several groups
    const Json candidates = Json::array({Json{{"steps", steps_of(20)}}, Json{{"steps", steps_of(21)}}});
    records.push_back(
        {{"id", std::to_string(i)}, {"question", fmt::format("q{}", i % 20)}, {"candidates", candidates}});
    if (i % 7 == 3) records.push_back({{"id", "bad"}, {"question", "q"}, {"steps", Json::array()}});
  }
  const fs::path file = write("file.jsonl", records);
  const std::string one = scored(file, 1);
  EXPECT_NE(one.find("\"skipped\":6"), std::string::npos) << one.substr(one.size() - 200);
  EXPECT_NE(one.find("scored_tokens"), std::string::npos);
  for (const size_t processes : {2, 3, 7}) EXPECT_EQ(scored(file, processes), one) << processes;
}

TEST_F(ScoringProcesses, TreesAreScoredAsByOne) {
  std::vector<steps::Tree> trees;
  for (int i = 0; i < 7; ++i) {
    const std::string text = i == 3 ? std::string(600, 'x') : random_text(rng_, 20);  // one longer than the model reads
    trees.push_back(tree::make_tree({{0, "a"}, {0, text}, {1, random_text(rng_, 5)}}, fmt::format("gold {}", i)));
  }
  const fs::path store = folder_.path / "a.tree";
  tree::store_trees(store, trees);
  const std::string one = scored(store, 1);
  EXPECT_NE(one.find("\"records\":6,"), std::string::npos) << one;
  for (const size_t processes : {2, 3, 8}) EXPECT_EQ(scored(store, processes), one) << processes;
}

TEST_F(ScoringProcesses, EvaluationsAreThoseOfOne) {
  std::vector<Json> texts, solutions;
  for (int i = 0; i < 600; ++i) {  // three parts
    const std::string question = fmt::format("q{}", i % 50);
    texts.push_back(
        {{"input", rows::step_prompt(question, "", random_text(rng_, 12), rows::Mode::kSound)}, {"label", i % 3 == 0}});
    if (i < 60)
      solutions.push_back({{"prompt", question}, {"completions", steps_of(2)}, {"labels", {true, i % 2 == 0}}});
  }
  for (const fs::path& file : {write("rows.jsonl", texts), write("trl.jsonl", solutions)}) {
    const std::string one = evaluated(file, 1);
    EXPECT_NE(one.find("\"read_tokens\""), std::string::npos);
    for (const size_t processes : {2, 4}) EXPECT_EQ(evaluated(file, processes), one) << file << processes;
  }
}

TEST_F(ScoringProcesses, OtherFilesAreRefusedByAll) {
  const std::vector<PlacedText> texts = {placed_at_end({5, 6, 7}), placed_at_end({5, 6, 8})};
  ThreadJob(2).run([&](Collective& all) {
    Scorer scorer(load_reward_model(model()));
    ScoringTurns turns(scorer, &all);
    const auto use = [](const ScoringTurns::Result&) {};
    turns.add({texts[0]}, use);
    EXPECT_NE(refusal([&] { turns.add({texts[all.rank()]}, use); }).find("process 1 reads other texts"),
              std::string::npos);
    ScoringTurns longer(scorer, &all);
    EXPECT_NE(refusal([&] {
                for (size_t i = 0; i <= 2 * all.rank(); ++i) longer.add({texts[0]}, use);
                longer.finish();
              }).find("process 1 reads other texts"),
              std::string::npos);
  });
  ThreadJob(2).run([&](Collective& all) {
    RewardModel own = load_reward_model(model());
    if (all.rank() == 1) own.bundle.model.parameters.begin()->second.fill_(1);
    Scorer scorer(std::move(own));
    EXPECT_NE(refusal([&] { ScoringTurns(scorer, &all); }).find("process 1 has another model"), std::string::npos);
  });
}

}  // namespace
}  // namespace hrm::reward
