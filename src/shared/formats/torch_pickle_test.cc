#include "formats/torch_pickle.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/testing/paths.h"
#include "base/testing/refused.h"
#include "formats/bytes.h"
#include "formats/safetensors.h"
#include "formats/zip.h"

namespace hrm {
namespace {

namespace fs = std::filesystem;

void expect_pickle_refused(const std::string& file, const std::string& part) {
  hrm::expect_refused([&] { parse_torch(bytes_of(file), "x.pt"); }, {part, "x.pt"});
}

// A container around a pickle and one storage '0' of 16 bytes.
std::string container(const std::string& program) {
  const TemporaryFolder folder;
  const std::string storage(16, '\0');
  save_zip(folder.path() / "a",
           std::vector<ZipEntry>{{"a/data.pkl", bytes_of(program)}, {"a/data/0", bytes_of(storage)}});
  return read_file(folder.path() / "a");
}

std::string text_op(const std::string& text) {
  std::string op = "X";
  append_le(op, static_cast<uint32_t>(text.size()));
  return op + text;
}

// {"t": tensor} on storage '0' of four floats.
std::string tensor_program(const std::string& offset, const std::string& shape, const std::string& strides) {
  return "\x80\x02}" + text_op("t") + "ctorch._utils\n_rebuild_tensor_v2\n((" + text_op("storage") +
         "ctorch\nFloatStorage\n" + text_op("0") + text_op("cuda:7") + "K\x04tQ" + offset + shape + strides + "\x89" +
         "ccollections\nOrderedDict\n)RtRs.";
}

template <typename T>
std::vector<T> values(const NamedTensors& tensors, const std::string& name) {
  const auto span = tensors.at(name).as<T>();
  return {span.begin(), span.end()};
}

// Both files were written by torch.save 2.13 from one OrderedDict with _metadata, views of one storage, a Parameter, an
// entry of every type, and entries that are not tensors.
class TorchContainer : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(, TorchContainer, testing::Values("mixed.pt", "legacy.pt"));

TEST_P(TorchContainer, EveryTypeAndStrideIsRead) {
  const NamedTensors t = load_torch(testdata_folder() / "torch" / GetParam());
  EXPECT_EQ(t.size(), 16u);
  EXPECT_EQ(t.at("f32").shape(), (Shape{4, 6}));
  EXPECT_EQ(t.at("transposed").shape(), (Shape{6, 4}));
  const auto transposed = t.at("transposed").as<float>();
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 4; ++j) EXPECT_EQ(transposed[static_cast<size_t>(4 * i + j)], static_cast<float>(6 * j + i));
  EXPECT_EQ(values<float>(t, "slice"), (std::vector<float>{5, 8, 11, 14, 17}));
  EXPECT_EQ(t.at("bf16").dtype(), DType::kBF16);
  EXPECT_EQ(t.at("bf16").to(DType::kF32), HostTensor::of<float>({3}, std::vector<float>{1, -2.5, 3.140625}));
  EXPECT_EQ(t.at("f16").to(DType::kF64).as<double>()[2], 0.333251953125);
  EXPECT_EQ(values<double>(t, "f64"), std::vector<double>{1e300});
  EXPECT_EQ(values<int64_t>(t, "i64"), (std::vector<int64_t>{-(int64_t{1} << 40), 7}));
  EXPECT_EQ(values<int32_t>(t, "i32"), std::vector<int32_t>{-5});
  EXPECT_EQ(t.at("i16").to(DType::kI32).as<int32_t>()[0], -6);
  EXPECT_EQ(values<int8_t>(t, "i8"), std::vector<int8_t>{-7});
  EXPECT_EQ(values<uint8_t>(t, "u8"), std::vector<uint8_t>{200});
  EXPECT_EQ(t.at("bool").dtype(), DType::kBool);
  EXPECT_EQ(t.at("bool").bytes()[0], std::byte{1});
  EXPECT_EQ(t.at("scalar").shape(), Shape{});
  EXPECT_EQ(t.at("empty").shape(), (Shape{0, 3}));
  EXPECT_EQ(values<float>(t, "parameter"), std::vector<float>{9});
}

TEST_P(TorchContainer, CutAnywhereItIsRefused) {
  const std::string whole = read_file(testdata_folder() / "torch" / GetParam());
  for (size_t cut = 0; cut < whole.size(); cut += 1 + whole.size() / 400)
    EXPECT_THROW(parse_torch(bytes_of(whole.substr(0, cut)), "x.pt"), Error) << cut;
}

TEST(Torch, DamagedDataFailTheirChecksum) {
  std::string whole = read_file(testdata_folder() / "torch/mixed.pt");
  const size_t at = whole.find(std::string("\x00\x00\x80\x3f\x00\x00\x00\x40", 8));  // 1.f, 2.f
  ASSERT_NE(at, std::string::npos);
  whole[at + 2] ^= 1;
  expect_pickle_refused(whole, "checksum");
}

TEST(Torch, NothingIsExecuted) {
  const std::string call =
      "\x80\x02"
      "cos\nsystem\n" +
      text_op("true") + "\x85R.";
  expect_pickle_refused(container(call), "global 'os.system'");
  expect_pickle_refused(container("\x80\x02"
                                  "c__builtin__\neval\n" +
                                  text_op("1") + "\x85R."),
                        "global '__builtin__.eval'");
  expect_pickle_refused(container("\x80\x02(i"
                                  "os\nsystem\n."),
                        "INST");
  expect_pickle_refused(container("\x80\x02}(K\x01K\x02\x93."), "STACK_GLOBAL");
  expect_pickle_refused(container("\x80\x02"
                                  "ccollections\nOrderedDict\n)\x81."),
                        "NEWOBJ");
  expect_pickle_refused(container("\x80\x04."), "protocol 4");
  expect_pickle_refused(container("\x80\x02"
                                  "ctorch\nFloatStorage\n)R."),
                        "a call of 'torch FloatStorage'");
  expect_pickle_refused(container("\x80\x02}K\x01"
                                  "b."),
                        "BUILD");
}

std::string global_op(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }

// The tensor of tensor_program() alone, as a function and its arguments, not yet called.
std::string tensor_parts() {
  return global_op("torch._utils", "_rebuild_tensor_v2") + "((" + text_op("storage") +
         global_op("torch", "FloatStorage") + text_op("0") + text_op("cpu") + "K\x04tQ" + std::string("K\x00", 2) +
         "K\x04\x85K\x01\x85\x89" + global_op("collections", "OrderedDict") + ")Rt";
}

TEST(Torch, DictsOneLevelDownAreFound) {
  const std::string dict = "}" + text_op("t") + tensor_parts() + "Rs";
  const std::string program = "\x80\x02}" + text_op("step") + "K\x07s" + text_op("model_state_dict") + dict + "s" +
                              text_op("optimizer") + "}" + text_op("state") + "}K\x01" + dict + "sss.";
  const auto dicts = parse_torch_dicts(bytes_of(container(program)), "x");
  ASSERT_EQ(dicts.size(), 1u);  // that of the optimizer lies below a number
  EXPECT_EQ(dicts[0].path, "model_state_dict");
  EXPECT_EQ(dicts[0].tensors.at("t").shape(), Shape{4});
  EXPECT_TRUE(parse_torch(bytes_of(container(program)), "x").contains("model_state_dict/t"));
}

TEST(Torch, ListsOfTensorsAndTheOrderOfKeysAreKept) {
  const std::string tensor = tensor_parts() + "R";
  const std::string program = "\x80\x02}" + text_op("z") + tensor + "s" + text_op("a") + tensor + "s" + text_op("ema") +
                              "}" + text_op("decay") + "K\x01s" + text_op("shadow_params") + "](" + tensor + tensor +
                              "es" + text_op("mixed") + "](" + tensor + "K\x01" + "ess.";
  const auto dicts = parse_torch_dicts(bytes_of(container(program)), "x");
  ASSERT_EQ(dicts.size(), 2u);
  EXPECT_EQ(dicts[0].order, (std::vector<std::string>{"z", "a"}));
  EXPECT_EQ(dicts[1].path, "ema");
  EXPECT_TRUE(dicts[1].tensors.empty());
  ASSERT_EQ(dicts[1].lists.size(), 1u);
  EXPECT_EQ(dicts[1].lists.at("shadow_params").size(), 2u);
  EXPECT_EQ(parse_torch(bytes_of(container(program)), "x").size(), 2u);
}

// {"ema": [...]} with the items given.
std::vector<TorchDict> dicts_of_list(const std::string& items) {
  return parse_torch_dicts(bytes_of(container("\x80\x02}" + text_op("ema") + "](" + items + "es.")), "x");
}
std::string dict_of_one(const std::string& name) { return "}" + text_op(name) + tensor_parts() + "Rs"; }

TEST(Torch, ListsOfDictsAreDictsWithNumbers) {
  const auto dicts = dicts_of_list(dict_of_one("a") + dict_of_one("a"));
  ASSERT_EQ(dicts.size(), 2u);
  EXPECT_EQ(dicts[0].path, "ema.0");
  EXPECT_EQ(dicts[1].path, "ema.1");
  EXPECT_TRUE(dicts[1].tensors.contains("a"));
  const auto single = dicts_of_list("}" + text_op("decay") + "K\x01s" + text_op("params") + dict_of_one("a") + "s");
  ASSERT_EQ(single.size(), 1u);
  EXPECT_EQ(single[0].path, "ema.0.params");
}

TEST(Torch, ListsOfNamesWithTensorsAreOneDict) {
  const std::string tensor = tensor_parts() + "R";
  for (const std::string& items :
       {dict_of_one("b") + dict_of_one("a"), text_op("b") + tensor + "\x86" + text_op("a") + tensor + "\x86",
        "}" + text_op("name") + text_op("b") + "s" + text_op("data") + tensor + "s}" + text_op("name") + text_op("a") +
            "s" + text_op("data") + tensor + "s"}) {
    const auto dicts = dicts_of_list(items);
    ASSERT_EQ(dicts.size(), 1u);
    EXPECT_EQ(dicts[0].path, "ema");
    EXPECT_EQ(dicts[0].order, (std::vector<std::string>{"b", "a"}));
  }
}

TEST(Torch, OtherObjectsAreNotedAndNeverBuilt) {
  const std::string dict = text_op("t") + tensor_parts() + "Rs";
  const std::string array = global_op("numpy.core.multiarray", "_reconstruct") + global_op("numpy", "ndarray") +
                            "K\x01\x85" + text_op("b") + "\x87R(K\x01K\x02tb";
  const std::string settings = global_op("mine.config", "Config") + ")\x81}" + text_op("lr") + "K\x01sb";
  const std::string path = global_op("collections", "deque") + ")RK\x01" + "a";
  const std::string program = "\x80\x02}" + dict + text_op("rng") + array + "s" + text_op("config") + settings + "s" +
                              text_op("queue") + path + "s.";
  EXPECT_EQ(parse_torch(bytes_of(container(program)), "x").size(), 1u);
  expect_pickle_refused(container("\x80\x02}" + text_op("x") + global_op("subprocess", "Popen") + ")Rs."),
                        "subprocess.Popen");
  expect_pickle_refused(container("\x80\x02}" + text_op("x") + global_op("builtins", "getattr") + ")Rs."),
                        "builtins.getattr");
  expect_pickle_refused(container("\x80\x02" + global_op("models.trm", "TRM") + ")\x81}b."),
                        "whole object of class 'models.trm.TRM'");
}

TEST(Torch, TensorsWithAttributesAreRead) {
  // _rebuild_from_type_v2(function, class, arguments, attributes), as torch.save writes torch.nn.Buffer
  std::string parts = tensor_parts();
  const std::string typed = "(" + parts.substr(0, parts.find("((")) + global_op("torch.nn.parameter", "Buffer") +
                            parts.substr(parts.find("((")) + "}" + text_op("persistent") + "\x88st";
  const std::string program =
      "\x80\x02}" + text_op("t") + global_op("torch._tensor", "_rebuild_from_type_v2") + typed + "Rs.";
  EXPECT_EQ(parse_torch(bytes_of(container(program)), "x").at("t").shape(), Shape{4});
}

TEST(Torch, ZipArchivesOfOtherKindsAreNamed) {
  const TemporaryFolder folder;
  const std::string data(16, '\1');
  for (const auto& [name, part] : {std::pair{"weights.npy", "npz"},
                                   {"out/step_7.pt", "around 'out/step_7.pt'"},
                                   {"notes", "without 'data.pkl'"}}) {
    save_zip(folder.path() / "a", std::vector<ZipEntry>{{name, bytes_of(data)}});
    expect_pickle_refused(read_file(folder.path() / "a"), part);
  }
}

TEST(Torch, FaultyProgramsAreRefused) {
  expect_pickle_refused(container(""), "ends too early");
  expect_pickle_refused(container("\x80\x02."), "stack is empty");
  expect_pickle_refused(container("\x80\x02}(K\x01u."), "key without a value");
  expect_pickle_refused(container("\x80\x02}K\x01"
                                  "a."),
                        "a list is missing");
  expect_pickle_refused(container("\x80\x02t."), "mark is missing");
  expect_pickle_refused(container("\x80\x02h\x07."), "never stored");
  expect_pickle_refused(container("\x80\x02K\x01."), "contains no dict");
  expect_pickle_refused(container("\x80\x02}" + text_op("model") + "}s."), "contains no tensor by name, only model");
  expect_pickle_refused(container("\x80\x02X\xff\xff\xff\xffx"), "ends beyond the pickle");
  expect_pickle_refused("", "does not start");
}

TEST(Torch, TensorsMustLieInTheirStorage) {
  const std::string zero("K\x00", 2), one_one = "K\x01\x85", four = "K\x04\x85", zero_stride("K\x00\x85", 3);
  EXPECT_EQ(parse_torch(bytes_of(container(tensor_program(zero, four, one_one))), "x").at("t").shape(), Shape{4});
  expect_pickle_refused(container(tensor_program("K\x01", four, one_one)), "'t' of shape [4] goes beyond");
  expect_pickle_refused(container(tensor_program(zero, "K\x02\x85", "K\x04\x85")), "goes beyond");
  expect_pickle_refused(container(tensor_program(zero, "K\x05\x85", zero_stride)), "repeats its storage");
  expect_pickle_refused(container(tensor_program(zero, "J\xff\xff\xff\x7f\x85", zero_stride)), "repeats its storage");
  expect_pickle_refused(container(tensor_program(zero, "J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", "K\x01K\x01\x86")),
                        "goes beyond");
  expect_pickle_refused(container(tensor_program(zero, "J\xff\xff\xff\xff\x85", one_one)), "faulty shape");
  expect_pickle_refused(container(tensor_program(zero, four, "K\x01K\x01\x86")), "does not fit its strides");
}

TEST(Torch, WhatIsWrittenReadsBack) {
  const TemporaryFolder folder;
  NamedTensors tensors = load_torch(testdata_folder() / "torch/mixed.pt");
  save_torch(folder.path() / "a.pt", tensors);
  EXPECT_EQ(load_torch(folder.path() / "a.pt"), tensors);
  EXPECT_TRUE(looks_like_torch(bytes_of(read_file(folder.path() / "a.pt"))));
  const std::vector<std::string> order = {"scalar", "f32"};
  save_torch(folder.path() / "b.pt", tensors, order);
  EXPECT_EQ(load_torch(folder.path() / "b.pt").size(), 2u);
  const std::vector<std::string> unknown = {"nothing"};
  EXPECT_THROW(save_torch(folder.path() / "c.pt", tensors, unknown), Error);
  tensors["u32"] = HostTensor(DType::kU32, {1});
  EXPECT_THROW(save_torch(folder.path() / "c.pt", tensors), Error);
  EXPECT_FALSE(fs::exists(folder.path() / "c.pt"));
}

// Every checkpoint of a golden case equals its final weights: in float32, or with the initial states in bfloat16.
void expect_final_weights(const fs::path& checkpoint, const fs::path& golden, DType initial_state) {
  const NamedTensors tensors = load_torch(checkpoint);
  const Safetensors reference = load_safetensors(golden);
  size_t compared = 0;
  for (const auto& [key, expected] : reference.tensors) {
    if (!key.starts_with("final.")) continue;
    const std::string name = key.substr(6);
    const bool initial = name.ends_with("_init");
    const auto found = tensors.find("_orig_mod." + name);
    ASSERT_NE(found, tensors.end()) << name;
    EXPECT_EQ(found->second, expected.to(initial ? initial_state : DType::kF32)) << name;
    ++compared;
  }
  EXPECT_EQ(compared, tensors.size());
  EXPECT_GT(compared, 0u);
}

TEST(Torch, MiniCheckpointEqualsItsCase) {
  const fs::path golden = testdata_folder() / "golden";
  expect_final_weights(golden / "mini_hrm.step_12.pt", golden / "mini_hrm.safetensors", DType::kF32);
}

TEST(Torch, EveryGoldenCheckpointEqualsItsCase) {
  const fs::path folder = shared_folder() / "fixtures/reasoning";
  HRM_SKIP_WITHOUT(folder);
  size_t found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string(), suffix = ".step_12.pt";
    if (!path.ends_with(suffix)) continue;
    SCOPED_TRACE(path);
    expect_final_weights(path, path.substr(0, path.size() - suffix.size()) + ".safetensors", DType::kF32);
    ++found;
  }
  EXPECT_GT(found, 0u);
  const fs::path mini = testdata_folder() / "golden";
  expect_final_weights(folder / "published_hrm/step_12", mini / "mini_hrm.safetensors", DType::kBF16);
  expect_final_weights(folder / "published_trm/step_12", mini / "mini_trm_attention.safetensors", DType::kBF16);
}

}  // namespace
}  // namespace hrm
