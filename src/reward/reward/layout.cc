#include "reward/layout.h"

#include "base/utf8.h"
#include "rows/prompt.h"
#include "rows/read_stepwise.h"
#include "rows/step_text.h"

namespace hrm::reward {
namespace {

constexpr std::string_view kInLayout = "reward.layout", kQuestion = "{question}", kStep = "{step}", kNext = "{next}";
constexpr size_t kMostKnown = 1 << 16;  // parts remembered

Conversations conversations_of(const text::TokenizerConfig& texts, const text::ChatSettings& settings) {
  return {texts.chat_template.empty() ? text::ChatTemplate::chatml()
                                      : text::ChatTemplate(texts, "the chat template of the model's folder"),
          settings};
}

// Where a conversation has what was put into it.
size_t place_of(std::string_view what, std::string_view text) {
  const size_t at = text.find(what);
  if (at == std::string_view::npos || text.find(what, at + 1) != std::string_view::npos)
    throw bad_input(kInLayout,
                    "the chat template of the model's folder does not write every message once as it is ('{}'): put "
                    "the text around questions and steps into layout.head, lead and tail of reward.json",
                    what);
  return at;
}

void qwen_prm(Layout& layout, const Conversations& chat) {
  const std::vector<text::ChatMessage> messages = {
      {"system", "Please reason step by step, and put your final answer within \\boxed{}."},
      {"user", std::string(kQuestion)}};
  layout.head = chat.render(messages, /*add_generation_prompt=*/true);
  place_of(kQuestion, layout.head);
  layout.tail = "<extra_0>";
}

// A conversation with marks in the places of question and steps, cut at them.
void rlhflow(Layout& layout, const Conversations& chat) {
  const std::vector<text::ChatMessage> messages = {
      {"user", std::string(kStep)}, {"assistant", "+"}, {"user", std::string(kNext)}};
  const std::string text = chat.render(messages, /*add_generation_prompt=*/true);
  const std::string one = chat.render(std::span(messages).first(1), /*add_generation_prompt=*/true);
  const size_t step = place_of(kStep, text), behind = step + kStep.size(), next = place_of(kNext, text);
  if (!text.starts_with(one) || next < one.size())
    throw bad_input(kInLayout,
                    "the chat template of the model's folder writes a message in another way once others follow: the "
                    "layout rlhflow needs one that does not");
  layout.head = text.substr(0, step) + std::string(kQuestion);
  layout.first_lead = " ";
  layout.tail = one.substr(behind);
  layout.lead = text.substr(one.size(), next - one.size());
  layout.good = "+";
  layout.bad = "-";
}

// Question and answer as the model's chat writes them, without a system message but the template's own.
void outcome_chat(Layout& layout, const Conversations& chat) {
  const std::vector<text::ChatMessage> messages = {{"user", std::string(kQuestion)}, {"assistant", std::string(kStep)}};
  const std::string text = chat.render(messages, /*add_generation_prompt=*/false);
  place_of(kQuestion, text);
  const size_t answer = place_of(kStep, text);
  layout.form = Form::kChat;
  layout.encoding = Encoding::kWhole;
  layout.kind = rows::Kind::kOutcome;
  layout.head = text.substr(0, answer);
  layout.tail = text.substr(answer + kStep.size());
  layout.conversations = std::make_shared<const Conversations>(chat);
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::vector<std::string> filled(std::vector<std::string> steps) {
  std::erase_if(steps, [](const std::string& step) { return step.empty(); });
  return steps;
}

}  // namespace

EnumNames<Form> enum_names(Form) {
  static constexpr std::pair<Form, std::string_view> names[] = {
      {Form::kPrompt, "prompt"}, {Form::kSteps, "steps"}, {Form::kChat, "chat"}};
  return names;
}

EnumNames<Encoding> enum_names(Encoding) {
  static constexpr std::pair<Encoding, std::string_view> names[] = {
      {Encoding::kParts, "parts"}, {Encoding::kWhole, "whole"}, {Encoding::kApart, "apart"}};
  return names;
}

EnumNames<LayoutName> enum_names(LayoutName) {
  static constexpr std::pair<LayoutName, std::string_view> names[] = {
      {LayoutName::kPrompt, "prompt"},    {LayoutName::kTrl, "trl"},         {LayoutName::kShepherd, "shepherd"},
      {LayoutName::kQwenPrm, "qwen_prm"}, {LayoutName::kSkywork, "skywork"}, {LayoutName::kRlhflow, "rlhflow"},
      {LayoutName::kChat, "chat"}};
  return names;
}

void Layout::validate(std::string_view source) const {
  if (form != Form::kPrompt && head.find(kQuestion) == std::string::npos)
    throw bad_input(kInLayout, "{}: head = '{}' has no {{question}}", source, head.substr(0, 80));
  if (form == Form::kSteps && tail.empty())
    throw bad_input(kInLayout, "{}: tail is empty: give the text after a step at which its score is read", source);
  if ((form == Form::kPrompt && encoding == Encoding::kApart) ||
      (form == Form::kSteps && encoding == Encoding::kWhole) || (form == Form::kChat && encoding != Encoding::kWhole))
    throw bad_input(kInLayout, "{}: encoding {} does not go with form {}: expected {}", source, name_of_enum(encoding),
                    name_of_enum(form),
                    form == Form::kPrompt  ? "whole or parts"
                    : form == Form::kSteps ? "apart or parts"
                                           : "whole");
  if (!bos.empty() && encoding != Encoding::kApart)
    throw bad_input(kInLayout, "{}: bos = '{}' is only for encoding apart: write the token into head instead", source,
                    bos.substr(0, 80));
  if (good.empty() != bad.empty())
    throw bad_input(kInLayout, "{}: good and bad belong together: give both or neither", source);
}

Layout named_layout(LayoutName name, const text::TokenizerConfig& texts, const text::ChatSettings& chat) {
  const std::string& bos = texts.bos_token;
  Layout layout{.name = name};
  if (name == LayoutName::kPrompt) layout.encoding = Encoding::kWhole;
  if (name == LayoutName::kPrompt) return layout;
  layout.form = Form::kSteps;
  layout.head = kQuestion;
  layout.frame = name == LayoutName::kShepherd;
  if (name == LayoutName::kTrl) {
    layout.encoding = Encoding::kApart;
    layout.bos = bos;
    layout.tail = "\n";
  } else if (name == LayoutName::kShepherd) {
    layout.first_lead = " ";
    layout.lead = "\n";
    layout.tail = " " + std::string(rows::kShepherdMark);
    layout.good = "+";
    layout.bad = "-";
  } else if (name == LayoutName::kSkywork) {
    layout.head = bos + std::string(kQuestion) + "\n";
    layout.tail = "\n";
    layout.by_line = true;
  } else if (name == LayoutName::kQwenPrm) {
    qwen_prm(layout, conversations_of(texts, chat));
  } else if (name == LayoutName::kChat) {
    outcome_chat(layout, conversations_of(texts, chat));
  } else {
    rlhflow(layout, conversations_of(texts, chat));
  }
  return layout;
}

LayoutReader::LayoutReader(Layout layout, const text::Tokenizer& tokenizer)
    : layout_(std::move(layout)), tokenizer_(tokenizer) {
  if (layout_.encoding == Encoding::kParts && layout_.frame)
    frame_.assign(tokenizer.prefix().begin(), tokenizer.prefix().end());
  if (!layout_.bos.empty()) {
    const auto id = tokenizer.find(layout_.bos);
    if (!id)
      throw bad_input(kInLayout,
                      "{}: has no token '{}', with which every text begins: correct bos_token of "
                      "tokenizer_config.json, or layout.bos of reward.json",
                      tokenizer.source(), layout_.bos.substr(0, 80));
    frame_.push_back(*id);
  }
  if (layout_.good.empty()) return;
  // A token as text: what encodes to one id, blanks included (" +" of Math-Shepherd's tokenizer).
  const auto id_of = [&](const std::string& token) -> int64_t {
    const std::vector<int32_t> ids = tokenizer.encode(token, text::Part::kText);
    if (ids.size() != 1)
      throw bad_input(kInLayout, "{}: '{}' is not a single token: name the tokens of the score with good and bad",
                      tokenizer.source(), token);
    return ids[0];
  };
  good_ = id_of(layout_.good);
  bad_ = id_of(layout_.bad);
  if (good_ == bad_) throw bad_input(kInLayout, "good and bad are the same token '{}'", layout_.good);
}

void LayoutReader::append(std::string_view part, std::vector<int64_t>& ids) {
  if (part.empty()) return;
  const bool begins = layout_.encoding == Encoding::kApart || ids.size() == frame_.size();
  auto& known = begins ? known_beginnings_ : known_;
  if (known.size() > kMostKnown) known.clear();
  auto [at, fresh] = known.try_emplace(std::string(part));
  if (fresh) at->second = tokenizer_.encode(part, begins ? text::Part::kText : text::Part::kContinuation);
  ids.insert(ids.end(), at->second.begin(), at->second.end());
}

std::vector<int64_t> LayoutReader::row(std::string_view text) {
  if (layout_.encoding == Encoding::kWhole) {
    const std::vector<int32_t> whole = tokenizer_.encode(text);
    return {whole.begin(), whole.end()};
  }
  std::vector<int64_t> ids = frame_;
  size_t from = 0;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i - 1] != '\n' || is_space(text[i])) continue;
    append(text.substr(from, i - from), ids);
    from = i;
  }
  append(text.substr(from), ids);
  return ids;
}

PlacedText LayoutReader::solution(std::string_view question, const std::vector<std::string>& steps) {
  const bool sound = layout_.mode == rows::Mode::kSound;
  PlacedText all{.ids = frame_, .places = {}};
  std::string head = layout_.head;
  if (const size_t at = head.find(kQuestion); at != std::string::npos)
    head.replace(at, kQuestion.size(), sound ? strip(question) : question);
  append(head, all.ids);
  const std::vector<std::string> texts = sound ? rows::tidy_steps(steps) : steps;
  for (size_t i = 0; i < texts.size(); ++i) {
    std::string text = (i == 0 ? layout_.first_lead : layout_.lead) + texts[i];
    for (size_t end; layout_.by_line && (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
      append(std::string_view(text).substr(0, end), all.ids);
      append(layout_.tail, all.ids);
    }
    append(text, all.ids);
    append(layout_.tail, all.ids);
    all.places.push_back(static_cast<int64_t>(all.ids.size()) - 1);
  }
  return all;
}

std::string LayoutReader::chat_text(std::string_view question, std::string answer) const {
  if (layout_.conversations) {
    const std::vector<text::ChatMessage> messages = {{"user", std::string(question)}, {"assistant", std::move(answer)}};
    return layout_.conversations->render(messages, /*add_generation_prompt=*/false);
  }
  std::string text = layout_.head;
  text.replace(text.find(kQuestion), kQuestion.size(), question);
  return text + answer + layout_.tail;
}

std::vector<int64_t> LayoutReader::step(std::string_view question, const std::vector<std::string>& steps) {
  if (layout_.form == Form::kSteps) return solution(question, steps).ids;
  const bool sound = layout_.mode == rows::Mode::kSound;
  std::vector<std::string> texts = sound ? rows::tidy_steps(steps) : steps;
  if (sound) question = strip(question);
  if (layout_.form == Form::kChat) {
    const std::string text = chat_text(question, rows::join(filled(std::move(texts)), layout_.separator));
    const std::vector<int32_t> whole = tokenizer_.encode(text, text::Part::kText);
    return {whole.begin(), whole.end()};
  }
  if (layout_.kind == rows::Kind::kOutcome)
    return row(rows::outcome_prompt(question, rows::join(filled(std::move(texts)), layout_.separator), layout_.mode));
  const std::string current = std::move(texts.back());
  texts.pop_back();
  return row(
      rows::step_prompt(question, rows::join(filled(std::move(texts)), layout_.separator), current, layout_.mode));
}

}  // namespace hrm::reward
