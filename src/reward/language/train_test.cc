#include "language/train.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "formats/jsonl.h"
#include "formats/safetensors.h"
#include "language/generator.h"
#include "language/local_policy.h"
#include "text/tokenizer_writer.h"

namespace hrm::language {
namespace {

namespace fs = std::filesystem;

ModelBundle small_bundle(int64_t context = 64) {
  return tiny_bundle({.hidden_size = 16, .layers = 1, .heads = 2, .context = context}, HeadKind::kLanguage, 1, 1);
}

fs::path write_lines(const fs::path& path, const std::vector<Json>& lines) {
  JsonlOutput writer(path);
  for (const Json& line : lines) writer.write(line);
  writer.finish();
  return path;
}

// prompt|completion<end>: what is only read, and what is learned.
std::string shown(const ModelBundle& bundle, const Example& example) {
  const auto first = static_cast<size_t>(example.targets.front().position) + 1;
  const std::span<const int32_t> ids = example.ids;
  EXPECT_EQ(example.targets.size(), ids.size() - first);
  return bundle.tokenizer.decode(ids.first(first)) + "|" + bundle.tokenizer.decode(ids.subspan(first));
}

std::vector<std::string> texts_of(const std::vector<Json>& lines, const TextConfig& config,
                                  ExampleSet* counted = nullptr) {
  const TemporaryFolder folder;
  const ModelBundle bundle = small_bundle(200);
  ExampleSet set;
  read_text_examples(write_lines(folder.path() / "a.jsonl", lines), bundle, config, set);
  std::vector<std::string> texts;
  for (const Example& example : set.examples) texts.push_back(shown(bundle, example));
  if (counted) *counted = std::move(set);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(TextExamples, EveryFormLearnsWhatStandsBehindThePrompt) {
  const std::string end = text::kEnd;
  EXPECT_EQ(texts_of({{{"prompt", "2+2="}, {"completion", "4"}}}, {}), Texts{"2+2=|4" + end});
  EXPECT_EQ(texts_of({{{"text", "abc"}}}, {}), Texts{"a|bc" + end});  // nothing precedes the first token
  EXPECT_EQ(texts_of({{{"question", "q"}, {"answer", "one\n#### 4"}}}, {}), Texts{"q\n|one\n#### 4" + end});
  EXPECT_EQ(
      texts_of({{{"problem", "q"}, {"solution", "so \\boxed{4}"}, {"answer", "4"}}}, {.prompt = "Q: {question} A: "}),
      Texts{"Q: q A: |so \\boxed{4}" + end});
  const Json sampled = {
      {"question", "q"},
      {"gold", "4"},
      {"candidates",
       {{{"steps", {"a", "#### 4"}}, {"correct", true}}, {{"steps", {"b", "#### 5"}}, {"correct", false}}}}};
  EXPECT_EQ(texts_of({sampled}, {}), (Texts{"q\n|a\n#### 4" + end, "q\n|b\n#### 5" + end}));
  ExampleSet set;
  EXPECT_EQ(texts_of({sampled}, {.min_label = 0.5}, &set), Texts{"q\n|a\n#### 4" + end});
  EXPECT_EQ(set.counts.dropped.at("label below min_label"), 1U);
  // Solutions without a verdict are graded, and dropped where that cannot be done.
  const Json ungraded = {
      {"question", "q"}, {"gold", "4"}, {"candidates", {{{"steps", {"a", "#### 4"}}}, {{"steps", {"b", "#### 5"}}}}}};
  EXPECT_EQ(texts_of({ungraded}, {.min_label = 0.5}), Texts{"q\n|a\n#### 4" + end});
  EXPECT_EQ(texts_of({ungraded}, {}).size(), 2U);
  const Json endless = {{"question", "q"}, {"gold", "4"}, {"candidates", {{{"steps", {"who knows"}}}}}};
  EXPECT_EQ(texts_of({endless, ungraded}, {.min_label = 0.5}, &set).size(), 1U);
  EXPECT_EQ(set.counts.dropped.at("solution whose outcome is not known"), 1U);
  // Without a gold answer the lowest label of a step decides.
  const Json labeled = {{"prompt", "q"}, {"completions", {"a", "b"}}, {"labels", {true, false}}};
  EXPECT_THROW(texts_of({labeled}, {.min_label = 0.5}), Error);
}

TEST(TextExamples, FaultsNameFileAndLine) {
  const auto fault = [](const std::vector<Json>& lines, const TextConfig& config) -> std::string {
    try {
      texts_of(lines, config);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const Json good = {{"prompt", "a"}, {"completion", "b"}};
  EXPECT_NE(fault({good, {{"x", 1}}}, {}).find("line 2"), std::string::npos);
  EXPECT_NE(fault({good, {{"prompt", "a"}, {"completion", Json::array()}}}, {}).find("line 2"), std::string::npos);
  EXPECT_NE(fault({{{"text", std::string(300, 'x')}}}, {}).find("line 1"), std::string::npos);
  EXPECT_NE(fault({{{"text", std::string(300, 'x')}}}, {.drop_long = true}).find("nothing to learn"),
            std::string::npos);
  EXPECT_NE(fault({{{"text", "12345678"}}}, {.max_length = 5}).find("line 1"), std::string::npos);
  EXPECT_EQ(texts_of({{{"text", "12345678"}}, good}, {.drop_long = true, .max_length = 5}).size(), 1U);
  EXPECT_NE(
      fault({{{"text", std::string(300, 'x')}}}, {.drop_long = true, .max_length = 1000}).find("nothing to learn"),
      std::string::npos);
  EXPECT_NE(fault({good}, {.chat = true}).find("chat template"), std::string::npos);
  EXPECT_NE(fault({{{"messages", {{{"role", "user"}, {"content", "x"}}}}}}, {}).find("assistant"), std::string::npos);
}

FineTuneRequest request_of(const fs::path& data, const fs::path& out, std::vector<std::string> more = {}) {
  FineTuneRequest request{.run = {.out = out, .settings = {fmt::format(R"(data=["{}"])", data.string())}}};
  for (const char* setting : {"tiny.hidden=32", "tiny.layers=1", "tiny.heads=2", "tiny.context=64", "max_steps=60",
                              "batch_size=8", "lr=0.01", "log_steps=5"})
    request.run.settings.push_back(setting);
  request.run.settings.insert(request.run.settings.end(), more.begin(), more.end());
  return request;
}

fs::path write_task(const fs::path& path) {
  std::vector<Json> lines;
  for (int i = 0; i < 24; ++i)
    lines.push_back({{"question", std::string(1, static_cast<char>('a' + i))},
                     {"candidates", {{{"steps", {std::string(1, static_cast<char>('A' + i))}}, {"correct", true}}}}});
  return write_lines(path, lines);
}

TEST(LanguageTraining, APolicyLearnsToContinueAndIsServedFromItsRun) {
  const TemporaryFolder folder;
  const fs::path data = write_task(folder.path() / "a.jsonl");
  const training::RunReport report =
      train_policy(policy_train_defaults(true), request_of(data, folder.path() / "run", {"max_steps=150"}));
  EXPECT_EQ(report.json["end"], "finished");
  EXPECT_EQ(report.json["train"]["examples"], 24);
  const auto policy = open_local_policy(folder.path() / "run");
  int right = 0;
  for (int i = 0; i < 24; ++i) {
    const policy::Reply reply = policy->complete(
        {.prompt = fmt::format("{}\n", static_cast<char>('a' + i)), .max_tokens = 4, .temperature = 0});
    right += std::get<policy::Response>(reply).choices[0].text == std::string(1, static_cast<char>('A' + i));
  }
  EXPECT_GE(right, 22);
}

TEST(LanguageTraining, StoppingAndResumingGivesTheSameBits) {
  const TemporaryFolder folder;
  const fs::path data = write_task(folder.path() / "a.jsonl");
  train_policy(policy_train_defaults(true), request_of(data, folder.path() / "whole"));
  FineTuneRequest part = request_of(data, folder.path() / "part");
  part.run.minutes = 1e-6;
  EXPECT_EQ(train_policy(policy_train_defaults(true), part).json["end"], "out_of_time");
  part.run.mode = training::RunMode::kResume;
  part.run.minutes = 0;
  part.run.settings.clear();
  EXPECT_EQ(train_policy(policy_train_defaults(true), part).json["end"], "finished");
  EXPECT_EQ(read_file(folder.path() / "whole" / "model" / "model.safetensors"),
            read_file(folder.path() / "part" / "model" / "model.safetensors"));
}

TEST(LanguageTraining, TheRunsLongestTextHoldsForItsFiles) {
  const TemporaryFolder folder;
  const fs::path data = write_lines(folder.path() / "a.jsonl", {{{"text", "ab"}}, {{"text", "12345678"}}});
  const training::RunReport report =
      train_policy(policy_train_defaults(true),
                   request_of(data, folder.path() / "run", {"max_length=5", "text.drop_long=true", "max_steps=1"}));
  EXPECT_EQ(report.json["train"]["examples"], 1);
}

TEST(LanguageTraining, SelfTrainingStaysNearItsTeacher) {
  const TemporaryFolder folder;
  const fs::path data = write_task(folder.path() / "a.jsonl");
  train_policy(policy_train_defaults(true), request_of(data, folder.path() / "first", {"max_steps=20"}));
  const std::string from = "from=" + (folder.path() / "first" / "model").string();
  const auto distance = [&](const std::string& name, const char* weight) {
    train_policy(policy_train_defaults(true), request_of(data, folder.path() / name, {from, weight, "max_steps=20"}));
    const NamedTensors a = load_safetensors(folder.path() / "first" / "model" / "model.safetensors").tensors;
    const NamedTensors b = load_safetensors(folder.path() / name / "model" / "model.safetensors").tensors;
    const auto x = a.at("model.embed_tokens.weight").as<float>(), y = b.at("model.embed_tokens.weight").as<float>();
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i) sum += std::abs(x[i] - y[i]);
    return sum;
  };
  const double held = distance("held", "kl_weight=1000"), free = distance("free", "kl_weight=0");
  EXPECT_GT(free, 0);
  EXPECT_NE(held, free);
}

TEST(LanguageTraining, SettingsThatDoNotFitAreRefused) {
  const TemporaryFolder folder;
  const fs::path data = write_task(folder.path() / "a.jsonl");
  const auto fault = [&](const FineTuneRequest& request, bool tiny = true) -> std::string {
    try {
      train_policy(policy_train_defaults(tiny), request);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const fs::path out = folder.path() / "run";
  EXPECT_NE(fault(request_of(data, out), false).find("--init tiny"), std::string::npos);
  EXPECT_NE(fault(request_of("missing", out)).find("no such file"), std::string::npos);
  EXPECT_NE(fault(request_of(data, out, {"loss=squared_error"})).find("cross_entropy"), std::string::npos);
  EXPECT_NE(fault(request_of(data, out, {"teacher=x"})).find("kl_weight"), std::string::npos);
  EXPECT_NE(fault(request_of(data, out, {"text.prompt=hello"})).find("{question}"), std::string::npos);
  EXPECT_NE(fault(request_of(data, out, {"tiny.heads=5"})).find("tiny.heads"), std::string::npos);
  EXPECT_NE(fault(request_of(data, out, {"text.promt=x"})).find("text.prompt"), std::string::npos);
  EXPECT_FALSE(fs::exists(out / "model"));
}

}  // namespace
}  // namespace hrm::language
