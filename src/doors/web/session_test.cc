// A session answers as solve() does, one event per segment, and names what it refuses.
#include "web/session.h"

#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "base/testing/refused.h"
#include "engine/engine_backend.h"
#include "formats/safetensors.h"
#include "model/weights.h"
#include "server/api_error.h"
#include "solving/model_file.h"
#include "solving/solver.h"

namespace hrm::web {
namespace {

// A 4x4 Sudoku model with random weights: what it answers is nonsense, but the same nonsense everywhere.
solving::ModelFile small_model(bool with_family = true) {
  solving::ModelFile model;
  model.config.arch.hidden_size = 16;
  model.config.arch.num_heads = 2;
  model.config.arch.H_layers = model.config.arch.L_layers = 1;
  model.config.arch.halt_max_steps = 3;
  model.config.arch.puzzle_emb_ndim = 16;
  model.config.data.seq_len = 16;
  model.config.data.vocab_size = 6;
  model.config.data.num_puzzle_identifiers = 1;
  model.weights = model::initial_weights(model.config, 5);
  if (with_family) model.family = {{"family", "sudoku"}, {"box_rows", 2}, {"box_columns", 2}};
  return model;
}

std::string bytes_of_file(const solving::ModelFile& model) {
  const TemporaryFolder folder;
  save_model(folder.path() / "m.safetensors", model);
  return read_file(folder.path() / "m.safetensors");
}

Session session_of(const solving::ModelFile& model) {
  const std::string bytes = bytes_of_file(model);
  return Session(std::as_bytes(std::span(bytes)), "m.safetensors");
}

struct Told {
  std::string event;
  Json data;
};

std::vector<Told> run(Session& session, const Json& request) {
  session.begin(printable(request));
  std::vector<Told> told;
  while (session.step([&](std::string_view event, const Json& data) { told.push_back({std::string(event), data}); }))
    EXPECT_LT(told.size(), 1000u);
  return told;
}

server::ApiError refused_request(Session& session, const std::string& request) {
  try {
    session.begin(request);
  } catch (const server::ApiError& error) {
    return error;
  }
  return server::ApiError(0, "not refused");
}

TEST(Session, AnswersAsSolveDoes) {
  solving::ModelFile model = small_model();
  Session session = session_of(model);
  const std::vector<std::string> texts = {"1...............", ".2...1..........", "..4......3......"};
  const auto told =
      run(session, {{"puzzles", texts}, {"views", 3}, {"segments", 4}, {"halting", false}, {"stream", true}});

  const auto family = solving::family_of(model, "", "m");
  const auto backend = engine::make_engine_backend(model.config, {.threads = 1});
  backend->set_weights(model.weights);
  std::vector<puzzles::Tokens> questions;
  for (const std::string& text : texts) questions.push_back(family->parse(text, "test").at(0));
  const auto expected =
      solving::solve(*backend, *family, questions, {.segments = 4, .halting = false, .views = 3, .progress = false});
  std::vector<Json> solutions;
  size_t segments = 0;
  for (const Told& one : told) {
    if (one.event == "segment") ++segments;
    if (one.event == "solution") solutions.push_back(one.data);
  }
  ASSERT_EQ(solutions.size(), texts.size());
  EXPECT_EQ(segments, 3u * 3u * 4u);
  for (size_t i = 0; i < texts.size(); ++i) {
    const Json wanted = to_json(expected.solutions[i], *family);
    for (const auto& [key, value] : wanted.items()) EXPECT_EQ(solutions[i].at(key), value) << i << ": " << key;
    EXPECT_EQ(solutions[i].at("puzzle"), i);
  }
  EXPECT_EQ(told.back().event, "done");
  EXPECT_EQ(told.back().data.at("puzzles"), 3);
}

TEST(Session, TellsEverySegment) {
  Session session = session_of(small_model());
  const auto told =
      run(session, {{"puzzle", "1..............."}, {"segments", 2}, {"halting", false}, {"stream", true}});
  ASSERT_EQ(told.size(), 4u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(told[i].event, "segment");
    EXPECT_EQ(told[i].data.at("segment"), i + 1);
    EXPECT_EQ(told[i].data.at("cells").size(), 16u);
    EXPECT_EQ(told[i].data.at("confidence").size(), 16u);
  }
  EXPECT_EQ(told[1].data.at("answer"), told[2].data.at("answer"));
  EXPECT_FALSE(session.step([](std::string_view, const Json&) { FAIL() << "told after the end"; }));
}

TEST(Session, ARequestThatRunsGivesWayToTheNext) {
  Session session = session_of(small_model());
  const Json first = {{"puzzle", "1..............."}, {"segments", 50}, {"halting", false}};
  const Json second = {{"puzzle", ".2.............."}, {"segments", 1}, {"halting", false}};
  session.begin(printable(first));
  EXPECT_TRUE(session.step([](std::string_view, const Json&) {}));
  const auto told = run(session, second);
  Session fresh = session_of(small_model());
  const auto alone = run(fresh, second);
  ASSERT_EQ(told.size(), alone.size());
  for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i].data, alone[i].data);
}

TEST(Session, DescribesItsModel) {
  const Json entry = session_of(small_model()).describe();
  EXPECT_EQ(entry.at("id"), "m.safetensors");
  EXPECT_EQ(entry.at("family").at("family"), "sudoku");
  EXPECT_EQ(entry.at("cells"), 16);
  EXPECT_EQ(entry.at("segments"), 3);
  EXPECT_GT(entry.at("parameters").get<int64_t>(), 1000);
  EXPECT_EQ(session_of(small_model(/*with_family=*/false)).describe().at("family").at("family"), "sudoku");
}

TEST(Session, NamesTheFieldToBlame) {
  Session session = session_of(small_model());
  EXPECT_EQ(refused_request(session, R"({"puzzle": "11.............."})").field, "puzzle");
  EXPECT_EQ(session.blame().field, "puzzle");
  EXPECT_NE(session.blame().hint, "");
  EXPECT_EQ(refused_request(session, R"({"puzzles": ["1...............", "12"]})").field, "puzzles[1]");
  EXPECT_EQ(refused_request(session, R"({"puzzles": []})").field, "puzzles");
  EXPECT_EQ(refused_request(session, R"({"puzzle": "1", "segments": 5000})").field, "segments");
  EXPECT_EQ(refused_request(session, R"({"puzzle": "1", "model": "other"})").field, "model");
  EXPECT_EQ(refused_request(session, R"({"puzzle": "1", "keep_going": true})").field, "keep_going");
  EXPECT_EQ(refused_request(session, "[]").status, 422);
  EXPECT_EQ(refused_request(session, "{").status, 400);
  // The session is as good as new.
  EXPECT_EQ(run(session, {{"puzzle", "1..............."}}).back().event, "done");
}

TEST(Session, RefusesWhatIsNoModel) {
  const std::string whole = bytes_of_file(small_model());
  const auto open = [](const std::string& bytes) { Session(std::as_bytes(std::span(bytes)), "f"); };
  // In the words of load_model().
  for (const std::string& bytes :
       {std::string(), std::string("<!doctype html><p>"), std::string("hello"), whole.substr(0, 100),
        whole.substr(0, whole.size() - 8), std::string("\x89PNG\r\n\x1a\n....")}) {
    const TemporaryFolder folder;
    write_file_atomic(folder.path() / "f", bytes);
    const std::string message = refusal([&] { open(bytes); });
    const std::string wanted = refusal([&] { solving::load_model(folder.path() / "f"); });
    EXPECT_NE(message, "accepted");
    EXPECT_EQ(message.substr(message.find("f: ")), wanted.substr(wanted.rfind("f: "))) << bytes.substr(0, 20);
  }
  expect_refused([&] { open(std::string("PK\x03\x04", 4) + std::string(100, 'x')); }, {"torch.save", "hrm convert"});
}

TEST(Session, RefusesCheckpointsWithAWayOut) {
  const TemporaryFolder folder;
  const solving::ModelFile model = small_model();
  save_safetensors(folder.path() / "bare", {.tensors = model.weights, .metadata = {}});
  save_safetensors(folder.path() / "training", {.tensors = model.weights, .metadata = {{"state", "{}"}}});
  for (const char* name : {"bare", "training"}) {
    const std::string bytes = read_file(folder.path() / name);
    expect_refused([&] { Session(std::as_bytes(std::span(bytes)), name); }, {name, "hrm convert"});
  }
}

}  // namespace
}  // namespace hrm::web
