#include "reward/layout.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "base/testing/paths.h"
#include "base/utf8.h"
#include "reward/testing/small_models.h"
#include "rows/prompt.h"
#include "rows/solution_rows.h"

namespace hrm::reward {
namespace {

text::Tokenizer tokenizer_with(const std::vector<std::string>& phrases) {
  return text::Tokenizer(text::byte_spec(phrases), "test");
}

std::vector<int32_t> narrow(const std::vector<int64_t>& ids) { return {ids.begin(), ids.end()}; }

const std::vector<std::string> kSteps = {"Step 1: 2 + 2 = 4", "Step 2: 4 * 3 = 12\nIt is 12"};

std::string text_of(LayoutName name) {
  const text::Tokenizer tokenizer = tokenizer_with({"<s>", "<extra_0>", "<|im_start|>", "<|im_end|>"});
  LayoutReader reader(named_layout(name, {.bos_token = "<s>"}), tokenizer);
  return tokenizer.decode(narrow(reader.step("What is it?", kSteps)));
}

TEST(Layout, TextsOfPublishedModels) {
  EXPECT_EQ(text_of(LayoutName::kTrl), "<s>What is it?Step 1: 2 + 2 = 4\nStep 2: 4 * 3 = 12\nIt is 12\n");
  EXPECT_EQ(text_of(LayoutName::kShepherd),
            "What is it? Step 1: 2 + 2 = 4 \u043A\u0438\nStep 2: 4 * 3 = 12\nIt is 12 \u043A\u0438");
  EXPECT_EQ(text_of(LayoutName::kQwenPrm),
            "<|im_start|>system\nPlease reason step by step, and put your final answer within \\boxed{}.<|im_end|>\n"
            "<|im_start|>user\nWhat is it?<|im_end|>\n<|im_start|>assistant\n"
            "Step 1: 2 + 2 = 4<extra_0>Step 2: 4 * 3 = 12\nIt is 12<extra_0>");
  EXPECT_EQ(text_of(LayoutName::kSkywork), "<s>What is it?\nStep 1: 2 + 2 = 4\nStep 2: 4 * 3 = 12\nIt is 12\n");
  EXPECT_EQ(text_of(LayoutName::kRlhflow),
            "<|im_start|>user\nWhat is it? Step 1: 2 + 2 = 4<|im_end|>\n<|im_start|>assistant\n+<|im_end|>\n"
            "<|im_start|>user\nStep 2: 4 * 3 = 12\nIt is 12<|im_end|>\n<|im_start|>assistant\n");
}

TEST(Layout, OutcomeModelsReadTheConversationToItsEnd) {
  EXPECT_EQ(text_of(LayoutName::kChat),
            "<|im_start|>user\nWhat is it?<|im_end|>\n<|im_start|>assistant\nStep 1: 2 + 2 = 4\n\n"
            "Step 2: 4 * 3 = 12\nIt is 12<|im_end|>\n");
}

TEST(Layout, ChatsAreWrittenByTheModelsTemplate) {
  text::TokenizerConfig texts;
  texts.chat_template =
      "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}</>{% endfor %}"
      "{% if add_generation_prompt %}<assistant>{% endif %}";
  EXPECT_EQ(named_layout(LayoutName::kChat, texts).tail, "</>");
  EXPECT_EQ(named_layout(LayoutName::kRlhflow, texts).head, "<user>{question}");
  EXPECT_EQ(named_layout(LayoutName::kRlhflow, texts).lead, "+</><user>");
  EXPECT_TRUE(named_layout(LayoutName::kQwenPrm, texts).head.ends_with("<user>{question}</><assistant>"));
  for (const char* unfit : {"{% for m in messages %}{{ m.content | upper }}{% endfor %}", "nothing", "{% if %}",
                            "{{ strftime_now('%d') }}", "{% for m in messages %}{{ m.content * 2 }}{% endfor %}"}) {
    texts.chat_template = unfit;
    for (const LayoutName name : {LayoutName::kChat, LayoutName::kRlhflow, LayoutName::kQwenPrm})
      EXPECT_THROW(named_layout(name, texts), Error) << unfit;
  }
}

// Qwen3's way: thinking is set apart, and an answer without any has empty thinking.
TEST(Layout, TheTemplateReadsTheThinkingOfAnAnswer) {
  text::TokenizerConfig texts;
  texts.chat_template =
      "{% for m in messages %}<{{ m.role }}>"
      "{% if m.role == 'assistant' %}"
      "{% if '</think>' in m.content %}<think>{{ m.content.split('</think>')[0].split('<think>')[-1] | trim }}</think>"
      "{{ m.content.split('</think>')[-1].lstrip('\n') }}{% else %}<think></think>{{ m.content }}{% endif %}"
      "{% else %}{{ m.content | trim }}{% endif %}</>{% endfor %}";
  const text::Tokenizer tokenizer = tokenizer_with({});
  LayoutReader reader(named_layout(LayoutName::kChat, texts), tokenizer);
  const auto text = [&](const std::vector<std::string>& steps) {
    return tokenizer.decode(narrow(reader.step("Q?", steps)));
  };
  EXPECT_EQ(text({"a", "b"}), "<user>Q?</><assistant><think></think>a\n\nb</>");
  EXPECT_EQ(text({"<think>", "hm", "</think>", "a"}), "<user>Q?</><assistant><think>hm</think>a</>");
  EXPECT_EQ(text({"<think>", "hm"}), "<user>Q?</><assistant><think></think><think>\n\nhm</>") << "it has not ended";
  // A layout that is read from a file has the text around an answer alone.
  Layout stored = named_layout(LayoutName::kChat, texts);
  stored.conversations = nullptr;
  LayoutReader plain(stored, tokenizer);
  EXPECT_EQ(tokenizer.decode(narrow(plain.step("Q?", {"a"}))), "<user>Q?</><assistant><think></think>a</>");
}

TEST(Layout, PlacesAreTheEndsOfPrefixes) {
  const text::Tokenizer tokenizer = tokenizer_with({});
  for (const auto& [name, text] : enum_names(LayoutName{})) {
    if (name == LayoutName::kPrompt || name == LayoutName::kChat) continue;
    LayoutReader reader(named_layout(name), tokenizer);
    const PlacedText all = reader.solution("Why?", kSteps);
    ASSERT_EQ(all.places.size(), 2u) << text;
    const std::vector<int64_t> first = reader.step("Why?", {kSteps[0]});
    EXPECT_EQ(std::ssize(first) - 1, all.places[0]) << text;
    EXPECT_TRUE(std::equal(first.begin(), first.end(), all.ids.begin())) << text;
  }
}

// What a model is trained on is what it reads later, for every step of every kind.
TEST(Layout, RowsAndStepsAreTheSameIds) {
  const text::Tokenizer tokenizer = tokenizer_with(rows::prompt_phrases());
  Rng rng(5);
  for (const rows::Kind kind : {rows::Kind::kProcess, rows::Kind::kOutcome})
    for (int trial = 0; trial < 50; ++trial) {
      rows::LabeledSolution solution{.id = {}, .question = " " + random_text(rng, 9) + "?", .gold = {}, .steps = {}};
      for (uint64_t i = 0; i < 1 + rng.below(5); ++i) solution.steps.push_back(random_text(rng, rng.below(12)));
      solution.labels.assign(solution.steps.size(), 1.0);
      solution.outcome = 1;
      Layout layout = named_layout(LayoutName::kPrompt);
      layout.kind = kind;
      LayoutReader reader(layout, tokenizer);
      std::vector<std::vector<int64_t>> made, read;
      rows::ConversionCounts counts;
      rows::sound_rows(solution, kind, counts, [&](rows::Row&& row) { made.push_back(reader.row(row.input)); });
      for (size_t i = 0; i < solution.steps.size(); ++i)
        if (!strip(solution.steps[i]).empty() && (kind == rows::Kind::kProcess || i + 1 == solution.steps.size()))
          read.push_back(reader.step(solution.question,
                                     {solution.steps.begin(), solution.steps.begin() + static_cast<int64_t>(i) + 1}));
      if (kind == rows::Kind::kOutcome && read.empty()) continue;  // ends with a blank step
      EXPECT_EQ(made, read);
    }
}

// The cuts are where Qwen2's expression cuts anyway.
TEST(LayoutParity, PromptsOfQwenAreEncodedAsAWhole) {
  const auto folder = shared_folder() / "fixtures" / "language" / "tokenizer_qwen2";
  HRM_SKIP_WITHOUT(folder);
  const text::Tokenizer tokenizer = text::Tokenizer::load(folder);
  LayoutReader reader(named_layout(LayoutName::kPrompt), tokenizer);
  Rng rng(8);
  for (int trial = 0; trial < 300; ++trial) {
    const std::string text = rows::step_prompt("Tom has 3 apples." + random_text(rng, 20), random_text(rng, 40),
                                               random_text(rng, 30) + ".", rows::Mode::kSound);
    EXPECT_EQ(narrow(reader.row(text)), tokenizer.encode(text)) << text;
  }
}

// Math-Shepherd's tokenizer is one over characters: its program encodes a solution as a whole, and its scores stand at
// the token of the mark, between those of "+" and "-" as words.
TEST(LayoutParity, ShepherdOverCharactersIsEncodedAsAWhole) {
  const text::Tokenizer tokenizer = text::Tokenizer::load(testdata_folder() / "tokenizer" / "prepend.json");
  LayoutReader reader(named_layout(LayoutName::kShepherd), tokenizer);
  const PlacedText read = reader.solution("the cat sat?", kSteps);
  const std::string whole = "the cat sat? Step 1: 2 + 2 = 4 \u043A\u0438\nStep 2: 4 * 3 = 12\nIt is 12 \u043A\u0438";
  EXPECT_EQ(narrow(read.ids), tokenizer.encode(whole));
  EXPECT_EQ(tokenizer.bytes_of(static_cast<int32_t>(reader.good())), " +");
  EXPECT_EQ(tokenizer.bytes_of(static_cast<int32_t>(reader.bad())), " -");
  for (const int64_t place : read.places)
    EXPECT_TRUE(tokenizer.bytes_of(static_cast<int32_t>(read.ids[static_cast<size_t>(place)])).ends_with("\u0438"));
}

TEST(Layout, RefusesTokensThatAreNone) {
  const text::Tokenizer tokenizer = tokenizer_with({});
  Layout layout = named_layout(LayoutName::kShepherd);
  layout.good = "good";
  EXPECT_THROW(LayoutReader(layout, tokenizer), Error);
  layout.bad.clear();
  EXPECT_THROW(layout.validate("test"), Error);
}

}  // namespace
}  // namespace hrm::reward
