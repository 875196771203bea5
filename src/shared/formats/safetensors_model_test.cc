#include "formats/safetensors_model.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "formats/safetensors.h"

namespace hrm {
namespace {

HostTensor numbers(Shape shape, float first) {
  std::vector<float> values(static_cast<size_t>(element_count(shape)));
  for (float& value : values) value = first++;
  return HostTensor::of<float>(std::move(shape), values);
}

class SafetensorsModelTest : public testing::Test {
 protected:
  const std::filesystem::path& at() const { return folder_.path(); }

  void write_shards() {
    save_safetensors(at() / "a.safetensors", {.tensors = {{"x", numbers({2, 3}, 1)}, {"y", numbers({2}, 7)}}});
    save_safetensors(at() / "b.safetensors", {.tensors = {{"z", numbers({1}, 9).to(DType::kBF16)}}});
    write_index({{"x", "a.safetensors"}, {"y", "a.safetensors"}, {"z", "b.safetensors"}});
  }
  void write_index(const std::map<std::string, std::string>& map) {
    write_json(at() / "model.safetensors.index.json", {{"metadata", {{"total_size", 34}}}, {"weight_map", map}});
  }
  void expect_refused(const std::string& part) {
    hrm::expect_refused([&] { SafetensorsModel model(at()); }, {part});
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(SafetensorsModelTest, ShardsReadAsOneModel) {
  write_shards();
  const SafetensorsModel model(at());
  ASSERT_EQ(model.tensors().size(), 3u);
  EXPECT_EQ(model.tensors().at("x").type, "F32");
  EXPECT_EQ(model.tensors().at("x").shape, (Shape{2, 3}));
  EXPECT_EQ(model.tensors().at("z").bytes, 2u);
  EXPECT_EQ(model.load("x", DType::kF32), numbers({2, 3}, 1));
  EXPECT_EQ(model.load("z", DType::kF32), numbers({1}, 9));
  EXPECT_EQ(model.load("y", DType::kBF16), numbers({2}, 7).to(DType::kBF16));
  EXPECT_EQ(model.view("z").bytes.size(), 2u);
  EXPECT_THROW(model.load("w", DType::kF32), Error);
}

TEST_F(SafetensorsModelTest, ASingleFileNeedsNoIndex) {
  expect_refused("contains neither");
  save_safetensors(at() / "model.safetensors", {.tensors = {{"x", numbers({2}, 1)}}});
  EXPECT_EQ(SafetensorsModel(at()).load("x", DType::kF32), numbers({2}, 1));
  EXPECT_EQ(SafetensorsModel(at() / "model.safetensors").tensors().size(), 1u);
}

TEST_F(SafetensorsModelTest, RefusesAnIndexThatDoesNotFit) {
  write_shards();
  write_index({{"x", "a.safetensors"}, {"w", "b.safetensors"}});
  expect_refused("tensor 'w' is not in its shard b.safetensors");
  write_index({{"x", "../a.safetensors"}});
  expect_refused("file beside the index");
  write_index({{"x", "c.safetensors"}});
  expect_refused("shard c.safetensors is missing");
  save_safetensors(at() / "b.safetensors", {.tensors = {{"y", numbers({1}, 9)}}});
  write_index({{"x", "a.safetensors"}, {"y", "b.safetensors"}});
  expect_refused("'y' occurs twice");
}

TEST(SafetensorsModelParity, EveryModelOfTheFixturesOpens) {
  const auto fixtures = shared_folder() / "fixtures/language";
  HRM_SKIP_WITHOUT(fixtures);
  for (const auto& entry : std::filesystem::directory_iterator(fixtures)) {
    if (!std::filesystem::exists(entry.path() / "model.safetensors")) continue;
    const SafetensorsModel model(entry.path());
    const auto whole = load_safetensors(entry.path() / "model.safetensors");
    ASSERT_EQ(model.tensors().size(), whole.tensors.size());
    for (const auto& [name, tensor] : whole.tensors) EXPECT_EQ(model.load(name, tensor.dtype()), tensor);
  }
}

}  // namespace
}  // namespace hrm
