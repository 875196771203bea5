#include "formats/yaml.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/testing/paths.h"
#include "base/testing/refused.h"

namespace hrm {
namespace {

void expect_yaml_refused(const std::string& text, const std::string& part) {
  hrm::expect_refused([&] { const Json value = parse_yaml(text, "x.yaml"); }, {part, "x.yaml"});
}

TEST(Yaml, EscapesOfUnicodeSpacesAreRead) {
  EXPECT_EQ(parse_yaml("a: \"x\\_y\\N\\xB0é\\_\"", "x")["a"], "x\u00a0y\u0085\u00b0\u00e9\u00a0");
  EXPECT_EQ(parse_yaml(to_yaml({{"a\u00a0b", "x\u00a0y"}}), "x"), (Json{{"a\u00a0b", "x\u00a0y"}}));
}

TEST(Yaml, ScalarsAreTypedByTheCoreSchema) {
  const Json value = parse_yaml(R"(
lr: 7.0e-05
short: 1e-4
tiny: .5
whole: 3.
int: -12
plus: +7
hex: 0x1F
octal: 0o17
large: 18446744073709551615
yes: true
word: on
nothing: null
tilde: ~
empty:
quoted: "12"
single: 'true'
version: 1.2.3
dash: "-"
name: hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1
inf: -.inf
list: [1, two, {three: 3}]
block:
- a
-
  - b
)",
                                "x");
  const Json wanted = Json::parse(R"({"lr": 7e-05, "short": 1e-4, "tiny": 0.5, "whole": 3.0, "int": -12, "plus": 7,
    "hex": 31, "octal": 15, "large": 18446744073709551615, "yes": true, "word": "on", "nothing": null, "tilde": null,
    "empty": null, "quoted": "12", "single": "true", "version": "1.2.3", "dash": "-",
    "name": "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1", "inf": null, "list": [1, "two", {"three": 3}],
    "block": ["a", ["b"]]})");
  for (const auto& [key, expected] : wanted.items()) {
    if (key == "inf") continue;
    EXPECT_EQ(value.at(key), expected) << key;
    EXPECT_EQ(value.at(key).type(), value.at(key).is_number_integer() ? value.at(key).type() : expected.type()) << key;
  }
  EXPECT_EQ(value["inf"].get<double>(), -INFINITY);
  EXPECT_EQ(value.size(), wanted.size());
  EXPECT_TRUE(value["lr"].is_number_float() && value["whole"].is_number_float() && value["int"].is_number_integer());
}

// What PyYAML 6.0.4 gives, with decimal texts as float() and int() read them.
TEST(Yaml, PythonTypingIsThatOfPyYaml) {
  const std::pair<const char*, Json> cases[] = {{"1e-4", 1e-4},
                                                {"1e3", 1e3},
                                                {"1.5e3", 1500.0},
                                                {"1.0e+3", 1000.0},
                                                {".5", 0.5},
                                                {".5e+3", 500.0},
                                                {"+.5", 0.5},
                                                {"-.5", -0.5},
                                                {"+1", 1},
                                                {"-12", -12},
                                                {"010", 8},
                                                {"-017", -15},
                                                {"08", 8},
                                                {"0o17", "0o17"},
                                                {"0x1F", 31},
                                                {"0x1_f", 31},
                                                {"-0x10", -16},
                                                {"0b11", 3},
                                                {"1_000", 1000},
                                                {"1_000.5", 1000.5},
                                                {"1:30", 90},
                                                {"-1:30", -90},
                                                {"1:30.5", 90.5},
                                                {"1:75", "1:75"},
                                                {"0:30", "0:30"},
                                                {"yes", true},
                                                {"Off", false},
                                                {"on", true},
                                                {"NO", false},
                                                {"True", true},
                                                {"y", "y"},
                                                {"n", "n"},
                                                {"~", nullptr},
                                                {"null", nullptr},
                                                {"2001-01-01", "2001-01-01"},
                                                {"1,000", "1,000"},
                                                {"1__0", 10},
                                                {".", "."},
                                                {"0", 0},
                                                {"-0", 0},
                                                {"0.5", 0.5},
                                                {"1.", 1.0},
                                                {"_1", "_1"},
                                                {"0x", "0x"},
                                                {"1.2.3", "1.2.3"},
                                                {"12e03", 12e3},
                                                {"18446744073709551615", 18446744073709551615u}};
  for (const auto& [text, value] : cases) {
    const Json read = parse_yaml(std::string("a: ") + text, "x", YamlTyping::kPython)["a"];
    EXPECT_EQ(read, value) << text;
    EXPECT_EQ(read.is_number_float(), value.is_number_float()) << text;
  }
  EXPECT_EQ(parse_yaml("a: '010'\nb: \"yes\"", "x", YamlTyping::kPython), (Json{{"a", "010"}, {"b", "yes"}}));
  EXPECT_EQ(parse_yaml("a: -.inf", "x", YamlTyping::kPython)["a"].get<double>(), -INFINITY);
}

TEST(Yaml, NumbersThatBeginWithZeroAreRefused) {
  expect_yaml_refused("a: 010\n", "line 1, column 4: 010 begins with 0");
  expect_yaml_refused("a: [1, -007]\n", "-007 begins with 0");
  EXPECT_EQ(parse_yaml("010: 0\nb: '010'\nc: 0.5\nd: 00.5\ne: 00a", "x"),
            (Json{{"010", 0}, {"b", "010"}, {"c", 0.5}, {"d", 0.5}, {"e", "00a"}}));
}

TEST(Yaml, EmptyDocumentsAreNull) {
  EXPECT_TRUE(parse_yaml("", "x").is_null());
  EXPECT_TRUE(parse_yaml("# only a comment\n", "x").is_null());
  EXPECT_EQ(parse_yaml("12", "x"), 12);
}

TEST(Yaml, FaultsNameTheLine) {
  expect_yaml_refused("a: 1\nb: [1, 2\n", "line 3");
  expect_yaml_refused("a: &x 1\nb: *x\n", "line 2, column 4: an alias");
  expect_yaml_refused("a: 1\na: 2\n", "line 2, column 1: key 'a' occurs twice");
  expect_yaml_refused("a: !!python/object:os.system ls\n", "tag 'tag:yaml.org,2002:python/object:os.system'");
  expect_yaml_refused("a: 1\n---\nb: 2\n", "second document");
  expect_yaml_refused("? [1, 2]\n: 3\n", "a key must be a plain name");
  expect_yaml_refused("a: b: c\n", "line 1");
  expect_yaml_refused(std::string(101, '[') + std::string(101, ']'), "nested deeper");
  expect_yaml_refused(std::string(100000, '['), "");
  expect_yaml_refused(std::string((1 << 20) + 1, ' '), "the limit for a configuration is");
}

TEST(Yaml, WhatIsWrittenReadsBack) {
  const Json value = Json::parse(R"({"arch": {"loss": {"name": "losses@ACTLossHead"}, "H_cycles": 2, "expansion": 4.0},
    "list": ["data/a", "x y", ["inner", 1]], "none": [], "nothing": {}, "null": null, "lr": 7e-05, "large": 1e300,
    "third": 0.3333333333333333, "t": true, "texts": ["yes", "no", "12", "1e-4", "", "~", "null", "a: b", "#", "é\n\t\"", "-",
    "2001-01-01", "0x10", "null ", ".5"]})");
  const std::string text = to_yaml(value);
  EXPECT_EQ(parse_yaml(text, "x"), value) << text;
  EXPECT_NE(text.find("lr: 7.0e-05\n"), std::string::npos) << text;
  EXPECT_NE(text.find("expansion: 4.0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("none: []\n"), std::string::npos) << text;
}

TEST(Yaml, ReadsTheAuthorsConfigurations) {
  const auto path = shared_folder() / "fixtures/reasoning/published_trm/all_config.yaml";
  HRM_SKIP_WITHOUT(path);
  const Json config = read_yaml(path);
  EXPECT_EQ(config["arch"]["name"], "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1");
  EXPECT_EQ(config["arch"]["mlp_t"], false);
  EXPECT_EQ(config["lr"], 7e-5);
  EXPECT_EQ(config["data_paths"], Json::array({"data/example"}));
  EXPECT_TRUE(config["checkpoint_path"].is_null());
  EXPECT_EQ(parse_yaml(to_yaml(config), "x"), config);
}

}  // namespace
}  // namespace hrm
