#include "language/config.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/testing/refused.h"
#include "language/heads.h"

namespace hrm::language {
namespace {

Json published_llama3() {
  return {{"model_type", "llama"},
          {"hidden_size", 2048},
          {"intermediate_size", 8192},
          {"num_hidden_layers", 16},
          {"num_attention_heads", 32},
          {"num_key_value_heads", 8},
          {"head_dim", 64},
          {"vocab_size", 128256},
          {"max_position_embeddings", 131072},
          {"rope_theta", 500000.0},
          {"rope_scaling",
           {{"rope_type", "llama3"},
            {"factor", 32.0},
            {"low_freq_factor", 1.0},
            {"high_freq_factor", 4.0},
            {"original_max_position_embeddings", 8192}}}};
}

// As the Llama 3.1 model card's code has it, by wavelengths.
double scaled(double f, double factor, double low, double high, double original) {
  const double wavelength = 2 * std::numbers::pi / f;
  if (wavelength < original / high) return f;
  if (wavelength > original / low) return f / factor;
  const double smooth = (original / wavelength - low) / (high - low);
  return (1 - smooth) * f / factor + smooth * f;
}

TEST(RopeFrequencies, Llama3ScalingStretchesLongWavelengths) {
  const DecoderConfig config = decoder_config(published_llama3(), "config.json");
  const std::vector<double> all = rope_frequencies(config);
  ASSERT_EQ(all.size(), 32u);
  int kept = 0, stretched = 0, blended = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const double plain = std::pow(500000.0, -2.0 * static_cast<double>(i) / 64);
    EXPECT_NEAR(all[i], scaled(plain, 32, 1, 4, 8192), 1e-12 * plain) << i;
    if (all[i] == plain)
      ++kept;
    else
      ++(std::abs(all[i] * 32 - plain) < 1e-12 * plain ? stretched : blended);
  }
  EXPECT_GT(kept, 10);
  EXPECT_GT(stretched, 5);
  EXPECT_GT(blended, 1);
}

TEST(RopeFrequencies, WithoutScalingAreGeometric) {
  Json json = published_llama3();
  json.erase("rope_scaling");
  const std::vector<double> all = rope_frequencies(decoder_config(json, "config.json"));
  for (size_t i = 1; i < all.size(); ++i) EXPECT_NEAR(all[i] / all[i - 1], std::pow(500000.0, -1.0 / 32), 1e-12);
}

TEST(DecoderConfig, BothFormsOfRopeAreReadAndTheOlderOneIsWritten) {
  const DecoderConfig config = decoder_config(published_llama3(), "a");
  Json newer = published_llama3();
  newer["rope_parameters"] = newer["rope_scaling"];
  newer["rope_parameters"]["rope_theta"] = newer["rope_theta"];
  newer.erase("rope_scaling");
  newer.erase("rope_theta");
  const Json written = to_published_json(config, "LlamaForCausalLM", "float32");
  EXPECT_EQ(written.at("rope_scaling").at("rope_type"), "llama3");
  for (const Json& json : {newer, written}) {
    const DecoderConfig back = decoder_config(json, "b");
    EXPECT_EQ(fields_to_json(back), fields_to_json(config));
    EXPECT_EQ(rope_frequencies(back), rope_frequencies(config));
  }
}

TEST(DecoderConfig, RefusesScalingThatItDoesNotKnow) {
  const auto fault = [](const char* key, const Json& value) -> std::string {
    Json json = published_llama3();
    json["rope_scaling"][key] = value;
    return refusal([&] { decoder_config(json, "config.json"); });
  };
  EXPECT_NE(fault("rope_type", "yarn").find("rope_type 'yarn' is not supported"), std::string::npos);
  EXPECT_NE(fault("factor", 0).find("llama3 rope scaling needs"), std::string::npos);
  EXPECT_NE(fault("high_freq_factor", 1).find("llama3 rope scaling needs"), std::string::npos);
}

TEST(DecoderConfig, AttentionInBothDirectionsIsRefused) {
  Json json = published_llama3();
  json["is_causal"] = false;
  EXPECT_NE(refusal([&] { decoder_config(json, "config.json"); }).find("is_causal = false"), std::string::npos);
  json["is_causal"] = true;
  json["hidden_act"] = "swish";  // silu by another name
  EXPECT_NO_THROW(decoder_config(json, "config.json"));
}

// Beyond its window Mistral differs from Llama: longer texts are not read.
TEST(DecoderConfig, MistralReadsTextsUpToItsWindow) {
  Json json = {{"model_type", "mistral"}, {"hidden_size", 64},        {"intermediate_size", 96},
               {"num_hidden_layers", 2},  {"num_attention_heads", 4}, {"num_key_value_heads", 2},
               {"vocab_size", 50},        {"sliding_window", 100},    {"max_position_embeddings", 300}};
  EXPECT_EQ(decoder_config(json, "a").max_position_embeddings, 100);
  EXPECT_FALSE(decoder_config(json, "a").attention_bias);
  json["max_position_embeddings"] = 90;
  EXPECT_EQ(decoder_config(json, "a").max_position_embeddings, 90);
  json["max_position_embeddings"] = 32768;
  json["sliding_window"] = nullptr;
  EXPECT_EQ(decoder_config(json, "a").max_position_embeddings, 32768);
  json.erase("sliding_window");
  const DecoderConfig config = decoder_config(json, "a");
  EXPECT_EQ(config.max_position_embeddings, 4096);
  const Json written = to_published_json(config, architecture_of(HeadKind::kLanguage, config.model_type), "float32");
  EXPECT_EQ(written.at("architectures").at(0), "MistralForCausalLM");
  EXPECT_EQ(fields_to_json(decoder_config(written, "b")), fields_to_json(config));
}

TEST(DecoderConfig, AWindowIsNamedWhereItLimits) {
  Json json = {{"model_type", "mistral"}, {"hidden_size", 64},        {"intermediate_size", 96},
               {"num_hidden_layers", 2},  {"num_attention_heads", 4}, {"vocab_size", 50},
               {"sliding_window", 100},   {"num_key_value_heads", 2}, {"max_position_embeddings", 300}};
  EXPECT_EQ(decoder_config(json, "a").length_key(), "sliding_window");
  json["max_position_embeddings"] = 90;
  EXPECT_EQ(decoder_config(json, "a").length_key(), "max_position_embeddings");
  json["model_type"] = "qwen2";
  json["max_position_embeddings"] = 300;
  EXPECT_EQ(decoder_config(json, "a").max_position_embeddings, 300);  // Qwen has one only where it says so
  json["use_sliding_window"] = true;
  EXPECT_EQ(decoder_config(json, "a").max_position_embeddings, 100);
}

TEST(DecoderConfig, WhatIsAbsentIsWhatTransformersTakes) {
  const Json base = {{"hidden_size", 256},
                     {"intermediate_size", 96},
                     {"num_hidden_layers", 2},
                     {"num_attention_heads", 32},
                     {"vocab_size", 50}};
  const auto read = [&](const char* type) {
    Json json = base;
    json["model_type"] = type;
    return decoder_config(json, "a");
  };
  EXPECT_EQ(read("llama").num_key_value_heads, 32);
  EXPECT_EQ(read("mistral").num_key_value_heads, 8);
  EXPECT_EQ(read("qwen2").head_dim, 8);
  EXPECT_EQ(read("qwen3").head_dim, 128);
  EXPECT_FALSE(read("qwen3").attention_bias);
  EXPECT_EQ(read("llama").max_position_embeddings, 2048);
  EXPECT_EQ(read("qwen3").max_position_embeddings, 32768);
}

}  // namespace
}  // namespace hrm::language
