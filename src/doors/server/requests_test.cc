// The readers of bodies: what they take, and how they name what they refuse.
#include <gtest/gtest.h>

#include "server/api_error.h"
#include "server/score_request.h"
#include "server/select_request.h"
#include "server/solve_request.h"

namespace hrm::server {
namespace {

constexpr Limits kLimits{.puzzles = 4, .segments = 32, .views = 8};

struct Refused {
  int status = 0;
  std::string field, message, hint;
};

template <typename Read>
Refused refusal(Read read) {
  try {
    read();
  } catch (const ApiError& error) {
    return {error.status, error.field, error.what(), error.hint};
  }
  return {};
}

Refused solve_refusal(std::string_view body) {
  return refusal([&] {
    const SolveRequest request = read_solve_request(body, kLimits);
    read_questions(request, *puzzles::guess_family(16, 6), kLimits);
  });
}

TEST(SolveRequest, ReadsEveryField) {
  const SolveRequest request = read_solve_request(
      R"({"model": "m", "puzzles": ["a", "b"], "segments": 3.0, "views": 2, "halting": false, "halt_margin": -0.5,
          "seed": 18446744073709551615, "keep_going": true, "steps": false, "stream": true, "symbols": null})",
      kLimits);
  EXPECT_EQ(request.model, "m");
  ASSERT_EQ(request.texts.size(), 2u);
  EXPECT_EQ(request.texts[1], (std::pair<std::string, std::string>("puzzles[1]", "b")));
  EXPECT_EQ(request.solver.segments, 3);
  EXPECT_EQ(request.solver.views, 2);
  EXPECT_FALSE(request.solver.halting);
  EXPECT_EQ(request.solver.halt_margin, -0.5);
  EXPECT_EQ(request.solver.seed, UINT64_MAX);
  EXPECT_TRUE(request.keep_going && request.stream && request.confidence && !request.steps);
}

TEST(SolveRequest, NamesTheFieldThatIsToBlame) {
  EXPECT_EQ(solve_refusal("").status, 400);
  EXPECT_EQ(solve_refusal("{").status, 400);
  EXPECT_EQ(solve_refusal(std::string(100000, '[')).status, 400);
  EXPECT_EQ(solve_refusal("[]").status, 422);
  EXPECT_EQ(solve_refusal("{}").field, "puzzle");
  EXPECT_EQ(solve_refusal(R"({"puzzle": "a", "puzzles": []})").field, "puzzles");
  EXPECT_EQ(solve_refusal(R"({"puzzle": 7})").field, "puzzle");
  EXPECT_EQ(solve_refusal(R"({"puzzles": ["1234341221434321", 7]})").field, "puzzles[1]");
  EXPECT_EQ(solve_refusal(R"({"puzzles": []})").field, "puzzles");
  EXPECT_EQ(solve_refusal(R"({"puzzles": ["", "", "", "", ""]})").field, "puzzles");
  EXPECT_EQ(solve_refusal(R"({"puzzle": "x", "segments": 33})").field, "segments");
  EXPECT_EQ(solve_refusal(R"({"puzzle": "x", "segments": 1.5})").field, "segments");
  EXPECT_EQ(solve_refusal(R"({"puzzle": "x", "segments": 1e300})").field, "segments");
  EXPECT_EQ(solve_refusal(R"({"puzzle": "x", "segments": "4"})").field, "segments");
  EXPECT_EQ(solve_refusal(R"({"puzzle": "x", "views": 0})").field, "views");
  EXPECT_EQ(solve_refusal(R"({"puzzle": "x", "seed": -1})").field, "seed");
  EXPECT_EQ(solve_refusal(R"({"puzzle": "x", "symbols": "12"})").field, "symbols");
  EXPECT_EQ(solve_refusal(R"({"puzzle": "x", "confidence": true})").field, "confidence");
  const Refused typo = solve_refusal(R"({"puzzle": "x", "segmants": 4})");
  EXPECT_EQ(typo.field, "segmants");
  EXPECT_EQ(typo.hint, "did you mean 'segments'?");
}

TEST(SolveRequest, RefusesPuzzlesInTheWordsOfTheCommandLine) {
  const Refused twice = solve_refusal(R"({"puzzles": ["1234341221434321", "11.............."]})");
  EXPECT_EQ(twice.status, 422);
  EXPECT_EQ(twice.field, "puzzles[1]");
  EXPECT_NE(twice.message.find("puzzles[1]: contains no puzzle that can be solved"), std::string::npos)
      << twice.message;
  const Refused text = solve_refusal(R"({"puzzles": ["1234341221434321", "12z4341221434321"]})");
  EXPECT_EQ(text.field, "puzzles[1]");
  EXPECT_EQ(text.message.find('['), text.message.find("[1]")) << "no place in the source: " << text.message;
  EXPECT_NE(text.hint.find("16 cells"), std::string::npos);
  EXPECT_EQ(solve_refusal(R"({"puzzle": ""})").field, "puzzle");
}

TEST(SolveRequest, SkipsWhereItIsToldTo) {
  const SolveRequest request = read_solve_request(
      R"({"puzzles": ["1234341221434321", "12z4", "11.............."], "keep_going": true})", kLimits);
  const puzzles::Questions questions = read_questions(request, *puzzles::guess_family(16, 6), kLimits);
  EXPECT_EQ(questions.good.size(), 1u);
  EXPECT_EQ(questions.good[0].source, "puzzles[0]");
  EXPECT_EQ(questions.skipped.size(), 2u);
}

// The score of a step is 100 times its depth plus the length of its text; counts what it was asked for.
class Counting : public steps::StepScorer {
 public:
  std::vector<double> score(const steps::Tree& tree, std::span<const int32_t> nodes) override {
    std::vector<double> scores;
    for (const int32_t node : nodes) {
      tokens_ += std::ssize(tree.nodes[node].text);
      EXPECT_EQ(path_texts(tree, node).size(), static_cast<size_t>(tree.nodes[node].depth));
      scores.push_back(100 * tree.nodes[node].depth + static_cast<double>(tree.nodes[node].text.size()));
    }
    return scores;
  }
  std::string name() const override { return "counting"; }
  int64_t scored_tokens() const override { return tokens_; }

 private:
  int64_t tokens_ = 0;
};

TEST(ScoreRequest, ReadsSharedStepsOnce) {
  Counting scorer;
  const ScoreRequest request =
      read_score_request(R"({"problem": "p", "solutions": [["aa", "b"], ["aa", "ccc"], ["d"]]})", kLimits);
  const Scored scored = score_solutions(request, scorer);
  EXPECT_EQ(scored.scores, (std::vector<std::vector<double>>{{102, 201}, {102, 203}, {101}}));
  EXPECT_EQ(scored.tokens, 2 + 1 + 3 + 1);
  const ScoreRequest one = read_score_request(R"({"problem": "p", "steps": ["aa", "aa"]})", kLimits);
  EXPECT_EQ(score_answer(one, score_solutions(one, scorer), "m").at("scores"), Json({102.0, 202.0}));
}

TEST(ScoreRequest, NamesTheFieldThatIsToBlame) {
  const auto field = [](std::string_view body) { return refusal([&] { read_score_request(body, kLimits); }).field; };
  EXPECT_EQ(field(R"({"steps": ["a"]})"), "problem");
  EXPECT_EQ(field(R"({"problem": "p"})"), "steps");
  EXPECT_EQ(field(R"({"problem": "p", "steps": []})"), "steps");
  EXPECT_EQ(field(R"({"problem": "p", "steps": ["a", ""]})"), "steps[1]");
  EXPECT_EQ(field(R"({"problem": "p", "solutions": [["a"], "b"]})"), "solutions[1]");
  EXPECT_EQ(field(R"({"problem": "p", "solutions": [["a"], ["b", 1]]})"), "solutions[1][1]");
  EXPECT_EQ(field(R"({"problem": "p", "steps": ["a"], "solutions": []})"), "solutions");
}

TEST(PoolingRequest, ReadsChatsAndMessages) {
  const ScoreRequest chat = read_pooling_request(
      R"({"input": ["<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nWhat?<|im_end|>\n<|im_start|>assistant\na<extra_0>b c<extra_0><|im_end|>"], "encoding_format": "float"})",
      kLimits);
  EXPECT_EQ(chat.problems, std::vector<std::string>{"What?"});
  EXPECT_EQ(chat.solutions, (std::vector<std::vector<std::string>>{{"a", "b c"}}));
  const ScoreRequest messages = read_pooling_request(
      R"({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a<extra_0>"}]})", kLimits);
  EXPECT_EQ(messages.problems, std::vector<std::string>{"q"});
  EXPECT_EQ(messages.solutions, (std::vector<std::vector<std::string>>{{"a"}}));
  Counting scorer;
  const Json answer = pooling_answer(score_solutions(chat, scorer), "m");
  EXPECT_EQ(answer.at("data").at(0).at("data"), Json({{-100.0, 101.0}, {-202.0, 203.0}}));
  EXPECT_EQ(refusal([] { read_pooling_request(R"({"input": "plain"})", kLimits); }).field, "input");
  EXPECT_EQ(refusal([] { read_pooling_request(R"({"input": [1, 2]})", kLimits); }).field, "input[0]");
}

TEST(SelectRequest, ChoosesAndSaysWhy) {
  const auto select = [](std::string_view settings) {
    return select_solution(
        R"({"solutions": [{"answer": "1/2", "scores": [0.9, 0.2]}, {"answer": "0.5", "scores": [0.4]},
                               {"answer": "3", "scores": [0.5, 0.5]}, {"scores": [0.1]}])" +
            std::string(settings) + "}",
        kLimits);
  };
  const Json best = select("");
  EXPECT_EQ(best.at("index"), 2);
  EXPECT_EQ(best.at("answer"), "3");
  EXPECT_EQ(best.at("values"), Json({0.2, 0.4, 0.5, 0.1}));
  EXPECT_EQ(best.at("groups").at(0), best.at("groups").at(1));  // equal by meaning
  EXPECT_EQ(best.at("groups").at(3), nullptr);
  const Json weighted = select(R"(, "pick": "weighted")");
  EXPECT_EQ(weighted.at("index"), 0);
  EXPECT_NEAR(weighted.at("votes").at(0).at("weight").get<double>(), 0.6, 1e-12);
  EXPECT_EQ(select(R"(, "pick": "majority", "answers": "exact")").at("index"), 0);
  EXPECT_EQ(select(R"(, "aggregate": "last")").at("index"), 2);
  const auto field = [](std::string_view body) { return refusal([&] { select_solution(body, kLimits); }).field; };
  EXPECT_EQ(field("{}"), "solutions");
  EXPECT_EQ(field(R"({"solutions": [{"answer": "1"}]})"), "solutions[0].scores");
  EXPECT_EQ(field(R"({"solutions": [{"scores": [1, "x"]}]})"), "solutions[0].scores[1]");
  EXPECT_EQ(field(R"({"solutions": [{"scores": [1], "anser": "1"}]})"), "solutions[0].anser");
  EXPECT_EQ(field(R"({"solutions": [7]})"), "solutions[0]");
  EXPECT_EQ(field(R"({"solutions": [{"scores": [1]}], "pick": "worst"})"), "pick");
}

}  // namespace
}  // namespace hrm::server
