#include "language/model_bundle.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "language/lora.h"
#include "language/peft_adapter.h"
#include "text/tokenizer_writer.h"

namespace hrm::language {
namespace {

DecoderConfig tiny_config(int64_t vocabulary) {
  return {.hidden_size = 32,
          .intermediate_size = 48,
          .num_hidden_layers = 2,
          .num_attention_heads = 4,
          .num_key_value_heads = 2,
          .head_dim = 8,
          .vocab_size = vocabulary,
          .max_position_embeddings = 128,
          .tie_word_embeddings = true};
}

ModelBundle tiny_bundle() {
  return make_bundle(initial_model(tiny_config(257), HeadKind::kLanguage, 1, {.seed = 3}), text::byte_spec(),
                     text::byte_config());
}

TEST(ModelBundle, AMadeOneIsSavedAndLoadedBack) {
  const TemporaryFolder folder;
  const ModelBundle made = tiny_bundle();
  EXPECT_EQ(made.end_tokens, std::vector<int32_t>{256});
  EXPECT_EQ(made.pad_token(), 256);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    save_bundle(folder.path() / "m", made, type);
    const ModelBundle back = load_bundle(folder.path() / "m");
    EXPECT_EQ(back.end_tokens, made.end_tokens);
    EXPECT_EQ(back.pad_token(), 256);
    const std::string text = "7+12=18;18*3-15\n#### 42";
    EXPECT_EQ(back.tokenizer.encode(text), made.tokenizer.encode(text));
    EXPECT_EQ(back.tokenizer.decode(back.tokenizer.encode(text)), text);
    for (const auto& [name, tensor] : made.model.parameters)
      EXPECT_TRUE(back.model.parameters.at(name).equal(tensor.to(type).to(at::kFloat))) << name;
  }
}

TEST(ModelBundle, ATokenizerLargerThanTheModelIsRefused) {
  try {
    make_bundle(initial_model(tiny_config(50), HeadKind::kLanguage, 1, {.seed = 3}), text::byte_spec(),
                text::byte_config());
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("ids up to 256, but the model has only 50 tokens"), std::string::npos)
        << e.what();
  }
}

TEST(ModelBundle, AMissingTokenizerAndChatTemplateAreOneLineEach) {
  const TemporaryFolder folder;
  save_bundle(folder.path(), tiny_bundle(), at::kFloat);
  const ModelBundle back = load_bundle(folder.path());
  const std::vector<text::ChatMessage> hello = {{"user", "hello"}};
  EXPECT_THROW(back.render_chat(text::conversation(hello, true)), Error);
  std::filesystem::remove(folder.path() / "tokenizer.json");
  EXPECT_THROW(load_bundle(folder.path()), Error);
}

TEST(ModelBundle, ChatsAreWrittenByTheModelsTemplateAndEndAsItSays) {
  text::TokenizerSpec spec = text::byte_spec({"<turn>"});
  spec.added.push_back({.id = 258, .content = "</turn>", .special = true});
  text::TokenizerConfig config = text::byte_config();
  config.chat_template =
      "{% for m in messages %}<turn>{{ m.role }}: {{ m.content | trim }} </turn>\n{% endfor %}"
      "{% if add_generation_prompt %}<turn>assistant:{{ ' (calm)' if calm }}{% endif %}";
  ModelBundle bundle = make_bundle(initial_model(tiny_config(259), HeadKind::kLanguage, 1, {.seed = 3}), spec, config);
  EXPECT_EQ(bundle.message_end, 258);
  EXPECT_EQ(bundle.end_tokens, (std::vector<int32_t>{256, 258}));
  std::vector<text::ChatMessage> chat = {{"user", " hello "}};
  EXPECT_EQ(bundle.render_chat(text::conversation(chat, true)), "<turn>user: hello </turn>\n<turn>assistant:");
  chat.push_back({"assistant", " I "});
  bundle.chat.variables["calm"] = true;
  EXPECT_EQ(bundle.render_chat(text::conversation(chat, true)),
            "<turn>user: hello </turn>\n<turn>assistant: (calm) I ");

  config.chat_template = "{% nonsense %}";
  const ModelBundle broken =
      make_bundle(initial_model(tiny_config(259), HeadKind::kLanguage, 1, {.seed = 3}), spec, config);
  EXPECT_EQ(broken.end_tokens, std::vector<int32_t>{256});
  try {
    broken.render_chat(text::conversation(chat, true));
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("the statement 'nonsense'"), std::string::npos) << e.what();
  }
}

TEST(ModelBundle, AnAdapterOfAFolderMergesAsTheOneInMemory) {
  const TemporaryFolder folder;
  const LoraConfig lora{.rank = 2, .alpha = 6, .target_modules = {"q_proj", "down_proj"}};
  LanguageModel with = tiny_bundle().model, plain = tiny_bundle().model;
  add_lora(with.parameters, lora, 5);
  for (auto& [name, tensor] : with.parameters)
    if (name.ends_with("lora_B.weight")) tensor.fill_(0.25);
  save_adapter(folder.path(), with, lora);
  merge_lora(with.parameters, lora.scale());
  merge_adapter(plain, folder.path());
  ASSERT_EQ(plain.parameters.size(), with.parameters.size());
  for (const auto& [name, tensor] : with.parameters) EXPECT_TRUE(plain.parameters.at(name).equal(tensor)) << name;
  EXPECT_FALSE(plain.parameters.at(layer_prefix(0) + "self_attn.q_proj.weight")
                   .equal(tiny_bundle().model.parameters.at(layer_prefix(0) + "self_attn.q_proj.weight")));
  LanguageModel other = initial_model(tiny_config(60), HeadKind::kLanguage, 1, {.seed = 3});
  other.parameters.erase(layer_prefix(1) + "mlp.down_proj.weight");
  EXPECT_THROW(merge_adapter(other, folder.path()), Error);
}

}  // namespace
}  // namespace hrm::language
