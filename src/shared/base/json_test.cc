#include "base/json.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing/refused.h"

namespace hrm {
namespace {

std::string message_of(std::string_view text) {
  return refusal([&] { parse_json(text, "x.json"); });
}

TEST(ParseJson, NamesSourceLineAndColumn) {
  EXPECT_EQ(message_of("{\n  \"a\": 1,\n  \"b\": ?\n}"), "[json.parse] x.json: line 3, column 8: not valid JSON");
  EXPECT_EQ(message_of("?"), "[json.parse] x.json: line 1, column 1: not valid JSON");
  EXPECT_NE(message_of("{\"a\": 1").find("line 1, column 8"), std::string::npos) << message_of("{\"a\": 1");
  EXPECT_NE(message_of("").find("line 1, column 1"), std::string::npos) << message_of("");
}

TEST(ParseJson, RefusesWhatJsonIsNot) {
  for (const char* text : {"[1,]", "{'a': 1}", "nan", "1 2", "\"\xff\"", "1e999", "[-1e999]", "// note\n1"})
    EXPECT_NE(message_of(text), "accepted") << text;
}

TEST(ParseJson, RefusesDeepNestingWithoutRunningOutOfStack) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(message_of(nested(200)), "accepted");
  EXPECT_NE(message_of(nested(202)).find("deeper than 200"), std::string::npos);
  EXPECT_NE(message_of(std::string(1'000'000, '[')).find("deeper than 200"), std::string::npos);
  EXPECT_NE(message_of(std::string(1'000'000, '{')), "accepted");
}

// Many of one thing in a line: time in proportion to the text, whatever its shape.
TEST(ParseJson, EveryShapeTakesLinearTime) {
  const auto repeated = [](std::string_view part, size_t n) {
    std::string text = "[";
    for (size_t i = 0; i < n; ++i) text.append(i ? "," : "").append(part);
    return text + "]";
  };
  constexpr size_t kMany = 300'000;
  for (const char* part : {"{}", "[]", "[1,[]]", "{\"a\":{}}", "\"\""})
    EXPECT_EQ(parse_json(repeated(part, kMany), "x").size(), kMany) << part;
  EXPECT_EQ(parse_sorted_json(repeated("{}", kMany), "x").size(), kMany);
  std::string keys = "{";
  for (size_t i = 0; i < kMany; ++i) keys += fmt::format("{}\"k{}\":{}", i ? "," : "", i, i);
  EXPECT_EQ(parse_json(keys + "}", "x").size(), kMany);
}

TEST(ParseJson, OfARepeatedKeyTheLastValueCounts) {
  EXPECT_EQ(parse_json(R"({"a": 1, "b": {"x": 1}, "a": [2]})", "x").dump(), R"({"a":[2],"b":{"x":1}})");
  std::string keys = "{";
  for (int i = 0; i < 100; ++i) keys += fmt::format("\"k{}\":{},", i % 40, i);
  const Json value = parse_json(keys + "\"last\":{\"k\":1,\"k\":2}}", "x");
  ASSERT_EQ(value.size(), 41u);
  EXPECT_EQ(value.begin().key(), "k0");
  EXPECT_EQ(value["k0"], 80);
  EXPECT_EQ(value["k39"], 79);
  EXPECT_EQ(value["last"]["k"], 2);
}

TEST(ParseJson, RefusesMoreValuesThanMemoryShouldHold) {
  std::string text(size_t{2} << 22, ',');
  for (size_t i = 1; i < text.size(); i += 2) text[i] = '1';
  text[0] = '[';
  EXPECT_NE(message_of(text + ",1]").find("more than 4194304 values"), std::string::npos);
}

TEST(ParseJson, KeepsTheOrderOfKeys) { EXPECT_EQ(parse_json(R"({"z": 1, "a": 2})", "x").dump(), R"({"z":1,"a":2})"); }

TEST(JsonField, NamesWhatIsMissingOrWrong) {
  const Json object = parse_json(R"({"n": 3, "s": "text"})", "x");
  EXPECT_EQ(json_field<int>(object, "n", "x"), 3);
  EXPECT_EQ(json_field<std::string>(object, "s", "x"), "text");
  const auto message = [&](auto read) -> std::string { return refusal([&] { read(); }); };
  EXPECT_EQ(message([&] { json_field<int>(object, "k", "x.json"); }), "[json.field] x.json: field 'k' is missing");
  EXPECT_NE(message([&] { json_field<int>(object, "s", "x.json"); }).find("field 's' has the wrong type"),
            std::string::npos);
  EXPECT_NE(message([&] { json_field<int>(Json(3), "s", "x.json"); }).find("expected an object"), std::string::npos);
}

TEST(WriteJson, RoundTripThroughAFile) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "new/deep/x.json";
  const Json value = parse_json(R"({"a": [1, 2.5, null, "ä"]})", "x");
  write_json(path, value);
  EXPECT_EQ(read_json(path), value);
  write_file_atomic(path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
  expect_refused([&] { read_json(path); }, "git lfs pull");
  EXPECT_EQ(read_file(path).back(), '\n');
}

TEST(WriteJson, TextThatIsNotUtf8BecomesReadable) {
  const TemporaryFolder folder;
  write_json(folder.path() / "x.json", Json("a\xff"));
  EXPECT_EQ(read_json(folder.path() / "x.json"), Json("a\xEF\xBF\xBD"));
}

TEST(Json, TextsAreAppendedAsPrintableGivesThem) {
  std::string every;
  for (int c = 0; c < 128; ++c) every += static_cast<char>(c);
  for (const std::string& text :
       {every, std::string(), std::string("\\frac{1}{2} \"é漢𝟜\"\n"), std::string("a\xff z\xe2\x82")}) {
    std::string appended = "x";
    append_json_text(appended, text);
    EXPECT_EQ(appended, "x" + printable(Json(text)));
  }
}

}  // namespace
}  // namespace hrm
