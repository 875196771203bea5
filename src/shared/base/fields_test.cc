#include "base/fields.h"

#include <gtest/gtest.h>

#include "base/testing/refused.h"

namespace hrm {
namespace {

enum class Color { kRed, kGreen };

EnumNames<Color> enum_names(Color) {
  static constexpr std::pair<Color, std::string_view> kNames[] = {{Color::kRed, "red"}, {Color::kGreen, "green"}};
  return kNames;
}

struct Inner {
  int64_t H_cycles = 2;
  Color color = Color::kRed;
  static void fields(auto& self, auto&& field) {
    field("H_cycles", self.H_cycles, "outer cycles");
    field("color", self.color, "a name");
  }
};

struct Config {
  Inner arch;
  bool flag = false;
  double lr = 0.5;
  uint64_t seed = 1;
  std::string name = "run";
  std::vector<std::string> tags;
  static void fields(auto& self, auto&& field) {
    field("arch", self.arch, "the model");
    field("flag", self.flag, "a switch");
    field("lr", self.lr, "learning rate");
    field("seed", self.seed, "of all random streams");
    field("name", self.name, "of the run");
    field("tags", self.tags, "any words");
  }
};

std::string refusal_of(std::string_view argument) {
  Config config;
  return refusal([&] { assign_field(config, argument); });
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST(Fields, JsonRoundTrip) {
  Config config;
  config.arch = {.H_cycles = 7, .color = Color::kGreen};
  config.flag = true;
  config.lr = 1e-4;
  config.seed = ~uint64_t{0};
  config.name = "a \"b\"";
  config.tags = {"x", ""};
  const Json json = fields_to_json(config);
  EXPECT_EQ(json["arch"]["color"], "green");
  Config copy;
  EXPECT_TRUE(fields_from_json(copy, Json::parse(json.dump()), "test").empty());
  EXPECT_EQ(fields_to_json(copy), json);
}

TEST(Fields, DottedAndNestedKeysMeanTheSame) {
  Config nested, dotted;
  fields_from_json(nested, Json::parse(R"({"arch": {"H_cycles": 5}, "lr": 2})"), "test");
  fields_from_json(dotted, Json::parse(R"({"arch.H_cycles": 5, "lr": 2})"), "test");
  EXPECT_EQ(nested.arch.H_cycles, 5);
  EXPECT_EQ(nested.lr, 2);
  EXPECT_EQ(fields_to_json(nested), fields_to_json(dotted));
}

TEST(Fields, UnknownKeysAreHandedBackInOrder) {
  Config config;
  const auto unknown = fields_from_json(
      config, Json::parse(R"({"zebra": 1, "arch": {"H_cycles": 3, "loss": {"name": "x"}}, "ape": {}})"), "test");
  EXPECT_EQ(unknown, (std::vector<std::string>{"zebra", "arch.loss.name", "ape"}));
  EXPECT_EQ(config.arch.H_cycles, 3) << "known keys beside unknown ones are read";
}

TEST(Fields, ArgumentsOfEveryType) {
  Config config;
  for (const char* argument : {"arch.H_cycles=-4", "arch.color=green", "flag=true", "lr=1e-3",
                               "seed=18446744073709551615", "name=a=b", R"(tags=["p","q"])"})
    assign_field(config, argument);
  EXPECT_EQ(config.arch.H_cycles, -4);
  EXPECT_EQ(config.arch.color, Color::kGreen);
  EXPECT_TRUE(config.flag);
  EXPECT_EQ(config.lr, 1e-3);
  EXPECT_EQ(config.seed, ~uint64_t{0});
  EXPECT_EQ(config.name, "a=b");
  EXPECT_EQ(config.tags, (std::vector<std::string>{"p", "q"}));
}

TEST(Fields, TextFieldsTakeWhatLooksLikeAnotherType) {
  Config config;
  for (const char* text : {"7", "true", "null", "[1]", "{}", "", " "}) {
    assign_field(config, fmt::format("name={}", text));
    EXPECT_EQ(config.name, text);
  }
}

TEST(Fields, WrongTypesNameKeyValueAndWhatWasExpected) {
  const std::pair<const char*, const char*> kCases[] = {
      {"lr=fast", "lr = \"fast\" is not a number"},
      {"arch.H_cycles=2.5", "arch.H_cycles = 2.5 is not an integer"},
      {"arch.H_cycles=18446744073709551615", "an integer in range"},
      {"arch.H_cycles=", "is not an integer"},
      {"flag=1", "flag = 1 is not true or false"},
      {"flag=yes", "is not true or false"},
      {"seed=-1", "seed = -1 is not an integer of at least 0"},
      {"tags=[1]", "is not a list of texts"},
      {"tags=a", "is not a list"},
      {"arch.color=blue", "'blue': expected one of: red, green"},
      {"lr=1e999", "is not a number"},
      {"lr=\xff", "is not a number"},
  };
  for (const auto& [argument, part] : kCases)
    EXPECT_TRUE(contains(refusal_of(argument), part)) << argument << " gave: " << refusal_of(argument);
}

TEST(Fields, UnknownSettingsSuggestTheClosest) {
  EXPECT_TRUE(contains(refusal_of("seeds=1"), "did you mean 'seed'?")) << refusal_of("seeds=1");
  EXPECT_TRUE(contains(refusal_of("H_cycles=1"), "did you mean 'arch.H_cycles'?")) << refusal_of("H_cycles=1");
  EXPECT_TRUE(contains(refusal_of("arch.H_cycle=1"), "did you mean 'arch.H_cycles'?"));
  EXPECT_FALSE(contains(refusal_of("completely_other=1"), "did you mean")) << refusal_of("completely_other=1");
}

TEST(Fields, ArgumentsNeedAKeyAndAValue) {
  EXPECT_TRUE(contains(refusal_of("lr"), "key=value"));
  EXPECT_TRUE(contains(refusal_of("=1"), "key=value"));
  EXPECT_TRUE(contains(refusal_of("arch=1"), "unknown setting 'arch'"));
}

TEST(Fields, ARefusedValueChangesNothing) {
  Config config;
  EXPECT_THROW(assign_field(config, "lr=fast"), Error);
  EXPECT_THROW(assign_field(config, "arch.color=blue"), Error);
  EXPECT_THROW(assign_field(config, "tags=[1]"), Error);
  EXPECT_EQ(fields_to_json(config), fields_to_json(Config()));
}

TEST(Fields, UnsignedFieldsTakeSignedJsonNumbers) {  // as other parsers than JSON's make them
  Config config;
  EXPECT_TRUE(set_field(config, "seed", Json(int64_t{5}), "test"));
  EXPECT_EQ(config.seed, 5u);
  EXPECT_THROW(set_field(config, "seed", Json(int64_t{-5}), "test"), Error);
}

TEST(Fields, OnlyObjectsAreSettings) {
  Config config;
  EXPECT_THROW(fields_from_json(config, Json::array(), "x.json"), Error);
}

TEST(Fields, DescriptionsListEveryFieldWithItsValue) {
  const auto all = describe_fields(Config());
  ASSERT_EQ(all.size(), 7u);
  EXPECT_EQ(all[0].key, "arch.H_cycles");
  EXPECT_EQ(all[0].value, "2");
  EXPECT_EQ(all[0].help, "outer cycles");
  EXPECT_EQ(all[1].value, "red");
  EXPECT_EQ(all[5].value, "run");
  EXPECT_EQ(all[6].value, "[]");
}

TEST(Fields, DescribedTextsCanBeTypedBack) {
  for (const std::string name : {"", "two words", "a\n\nb", "a \"b\"", "back\\slash"}) {
    Config config, again;
    config.name = name;
    const std::string shown = describe_fields(config)[5].value;
    EXPECT_EQ(shown.find('\n'), std::string::npos);
    assign_field(again, "name=" + shown);
    EXPECT_EQ(again.name, name);
  }
  Config config;
  config.name = "a\n";
  EXPECT_EQ(describe_fields(config)[5].value, R"("a\n")");
}

}  // namespace
}  // namespace hrm
