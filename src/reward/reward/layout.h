// How a question and its steps become the text that a reward model reads, and the position of its score.
//
// A score is always read at the last id of a text, so that later text cannot change it. Three forms:
//
//   prompt  one text per step (rows/prompt.h, arXiv 2503.13551): question, previous steps, the step.
//           An outcome model reads question and solution so far.
//   steps   one text per solution: head, then for each step  lead step tail.  The score of a step is read at the last
//           token of its tail.
//   chat    one conversation per step: head with the question, the steps so far as the answer, tail. For
//           outcome models, which judge a whole answer. Where the model's chat template is at hand it writes each
//           conversation itself, because it may treat an answer by what is in it: Qwen3's sets <think> blocks apart,
//           DeepSeek-R1's drops them, Llama 3's strips.
//
// Forms of published models, all `steps` except the last:
//   trl        question, step, "\n", step, "\n"          token classification (TRL's PRMTrainer)
//   shepherd   question " " step " ки", "\n" step " ки"  softmax over the tokens + and - (Math-Shepherd, 2312.08935)
//   qwen_prm   ChatML, step "<extra_0>" step "<extra_0>" Qwen2.5-Math-PRM (2501.07301)
//   skywork    question "\n", each line of a step "\n"   Skywork-o1-PRM
//   rlhflow    a user message per step, the model answers + or -; read where it would answer
//   chat       question and answer in the model's chat form    Qwen2.5-Math-RM, Skywork-Reward
//
// `encoding` says which parts are encoded together, so that ids equal those of the program that trained the model:
//   whole   the text of a step with the special tokens around it, as transformers encodes it (prompt)
//   apart   question, each step and each tail is a separate text, without special tokens, after the token `bos`;
//           tokenizers that put a blank before a text put one before each of them (trl)
//   parts   head, lead with step, and tail each continue after the one before, as the published programs do or as special
//           tokens cause (the others). Form prompt: texts are cut at a newline that is followed by a character other
//           than white space. Models of earlier versions of this program, whose reward.json has no encoding, were
//           trained so.
// Training builds its texts with the same functions.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fields.h"
#include "reward/placed_text.h"
#include "rows/row.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "text/tokenizer_config.h"

namespace hrm::reward {

enum class Form { kPrompt, kSteps, kChat };
EnumNames<Form> enum_names(Form);

enum class Encoding { kParts, kWhole, kApart };
EnumNames<Encoding> enum_names(Encoding);

enum class LayoutName { kPrompt, kTrl, kShepherd, kQwenPrm, kSkywork, kRlhflow, kChat };
EnumNames<LayoutName> enum_names(LayoutName);

// A chat template with what the user said of it.
struct Conversations {
  text::ChatTemplate form;
  text::ChatSettings settings;
  std::string render(std::span<const text::ChatMessage> messages, bool add_generation_prompt) const {
    return form.render(text::conversation(messages, add_generation_prompt), settings);
  }
};

struct Layout {
  LayoutName name = LayoutName::kPrompt;
  Form form = Form::kPrompt;
  Encoding encoding = Encoding::kParts;
  std::string bos;                           // apart: the token that begins a text; empty: none
  rows::Kind kind = rows::Kind::kProcess;    // kHierarchical reads what kProcess reads
  rows::Mode mode = rows::Mode::kSound;      // kSound tidies steps as training rows do (rows/step_text.h)
  std::string separator = "\n\n";            // prompt: between the steps before
  std::string head, first_lead, lead, tail;  // steps: "{question}" in head; lead: of the second step and later ones
  bool by_line = false;                      // steps: the lines of a step are encoded apart, each with a tail
  bool frame = true;                         // parts: the special tokens with which the tokenizer begins a text
  std::string good, bad;                     // the tokens whose softmax is the score; empty: the head says it
  std::shared_ptr<const Conversations> conversations = nullptr;  // chat: the template; null: head and tail suffice

  static void fields(auto& self, auto&& field) {
    field("name", self.name, "prompt, trl, shepherd, qwen_prm, skywork, rlhflow or chat");
    field("form", self.form, "prompt: a text per step; steps: a text per solution; chat: a conversation per step");
    field("encoding", self.encoding, "whole, apart or parts: which texts are encoded together");
    field("bos", self.bos, "encoding apart: the first token of a text");
    field("kind", self.kind, "orm, prm or hierarchical");
    field("mode", self.mode, "sound or faithful prompts");
    field("separator", self.separator, "text between the steps before the judged one");
    field("head", self.head, "text before the first step; {question} is replaced");
    field("first_lead", self.first_lead, "text before the first step");
    field("lead", self.lead, "text before later steps");
    field("tail", self.tail, "text after a step; the score is read at its last token");
    field("by_line", self.by_line, "each line of a step is followed by the tail");
    field("frame", self.frame, "begin each text with the tokenizer's special tokens");
    field("good", self.good, "token whose probability is the score");
    field("bad", self.bad, "token of the opposite score");
  }
  void validate(std::string_view source) const;  // throws bad_input
};

// The form of that name. texts: what the model's folder says; rlhflow, qwen_prm and chat use ChatML if there is no
// template; trl and skywork start with bos if the tokenizer has one, even if it does not add one by itself. Throws
// bad_input for a template that cannot be run or does not write its messages as they are.
Layout named_layout(LayoutName name, const text::TokenizerConfig& texts = {}, const text::ChatSettings& chat = {});

// Texts to ids. Not thread-safe: it remembers parts that it has encoded. The tokenizer must outlive it.
class LayoutReader {
 public:
  // Throws bad_input if the tokenizer lacks good, bad or bos.
  LayoutReader(Layout layout, const text::Tokenizer& tokenizer);
  const Layout& layout() const { return layout_; }
  // Ids of good and bad. REQUIRES: the layout names them.
  int64_t good() const { return good_; }
  int64_t bad() const { return bad_; }

  // What is read for the score of the last of these steps. REQUIRES: at least one step; the result is never empty.
  std::vector<int64_t> step(std::string_view question, const std::vector<std::string>& steps);
  // Where, within step() of all steps, the score of each is read. REQUIRES: form kSteps.
  PlacedText solution(std::string_view question, const std::vector<std::string>& steps);
  // The text of a training row. REQUIRES: form kPrompt.
  std::vector<int64_t> row(std::string_view text);

 private:
  void append(std::string_view part, std::vector<int64_t>& ids);
  std::string chat_text(std::string_view question, std::string answer) const;

  Layout layout_;
  const text::Tokenizer& tokenizer_;
  int64_t good_ = -1, bad_ = -1;
  std::vector<int64_t> frame_;  // special tokens before every text
  std::unordered_map<std::string, std::vector<int32_t>> known_, known_beginnings_;
};

}  // namespace hrm::reward
