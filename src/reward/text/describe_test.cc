#include "text/describe.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "formats/testing/gguf.h"
#include "text/testing/tokenizers.h"
#include "text/tokenizer_writer.h"

namespace hrm::text {
namespace {

TEST(Describe, AGgufFileByMetadataTypesAndShapes) {
  const auto path = testdata_folder() / "gguf/golden.gguf";
  const Json brief = describe_gguf(path, false), full = describe_gguf(path, true);
  EXPECT_EQ(brief["kind"], "GGUF");
  EXPECT_EQ(brief["bytes"], std::filesystem::file_size(path));
  EXPECT_FALSE(brief.contains("tensors"));
  EXPECT_EQ(full["tensors"].size(), full["tensor_count"]);
  size_t by_type = 0;
  for (const auto& [type, n] : full["types"].items()) by_type += n.get<size_t>();
  EXPECT_EQ(by_type, full["tensor_count"]);
}

TEST(Describe, ATokenizerByWhatItIsMadeOf) {
  const TemporaryFolder folder;
  TokenizerSpec spec = small_spec({{"a", "b"}, {"ab", "c"}});
  spec.added = {{.id = 300, .content = "<s>", .special = true}, {.id = 301, .content = "<tool>"}};
  spec.nfc = true;
  const auto path = folder.path() / "tokenizer.json";
  write_file_atomic(path, to_tokenizer_json(spec));
  const Json json = describe_tokenizer(path);
  EXPECT_EQ(json["merges"], 2);
  EXPECT_EQ(json["special_tokens"], (Json{{"<s>", 300}}));
  EXPECT_EQ(json["normalizer"], "NFC");
  EXPECT_EQ(json["alphabet"], "bytes");
  write_file_atomic(path, "{}");
  EXPECT_THROW(describe_tokenizer(path), Error);
}

}  // namespace
}  // namespace hrm::text
