#include "puzzles/dataset_files.h"

#include <cmath>
#include <cstring>

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kInDatasetFiles = "puzzles.Dataset.open";

template <typename T>
struct Type {
  using type = T;
};

// visitor(Type<T>()) for the integer type; false for other types.
template <typename Visitor>
bool visit_integer(DType dtype, Visitor&& visitor) {
  switch (dtype) {
    case DType::kBool:
    case DType::kU8:
      visitor(Type<uint8_t>());
      return true;
    case DType::kI8:
      visitor(Type<int8_t>());
      return true;
    case DType::kU16:
      visitor(Type<uint16_t>());
      return true;
    case DType::kI16:
      visitor(Type<int16_t>());
      return true;
    case DType::kU32:
      visitor(Type<uint32_t>());
      return true;
    case DType::kI32:
      visitor(Type<int32_t>());
      return true;
    case DType::kU64:
      visitor(Type<uint64_t>());
      return true;
    case DType::kI64:
      visitor(Type<int64_t>());
      return true;
    default:
      return false;
  }
}

// Elements of a mapped array, whose alignment is not guaranteed.
template <typename T>
T element(std::span<const std::byte> data, int64_t index) {
  T value;
  std::memcpy(&value, data.data() + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

class SplitReader {
 public:
  SplitReader(const fs::path& folder, const std::string& split, const FaultSink& fault)
      : root_(folder), folder_(folder / split), split_(split), fault_(fault) {}

  SplitFiles read() {
    if (!fs::is_directory(folder_)) {
      fault_(bad_input(kInDatasetFiles, "{}: no split '{}' in this folder; expected {}/dataset.json", root_.string(),
                       split_, split_));
      return std::move(files_);
    }
    if (!attempt(
            [&] { files_.metadata = metadata_from_json(read_json(folder_ / "dataset.json"), name("dataset.json")); }))
      return std::move(files_);
    attempt([&] { files_.inputs.emplace(array("inputs"), files_.metadata.seq_len); });
    attempt([&] { files_.labels.emplace(array("labels"), files_.metadata.seq_len); });
    check_tokens();
    attempt([&] { files_.puzzle_identifiers = read_vector("puzzle_identifiers"); });
    attempt([&] { files_.puzzle_indices = read_vector("puzzle_indices"); });
    attempt([&] { files_.group_indices = read_vector("group_indices"); });
    check_indices();
    check_identifiers();
    if (fs::exists(array("ratings"))) attempt([&] { read_ratings(); });
    attempt([&] { find_family(); });
    return std::move(files_);
  }

 private:
  fs::path array(std::string_view field) const { return folder_ / fmt::format("all__{}.npy", field); }
  std::string name(std::string_view file) const { return (folder_ / file).string(); }

  template <typename Action>
  bool attempt(Action&& action) {
    try {
      action();
      return true;
    } catch (const Error& error) {
      fault_(error);
      return false;
    }
  }

  std::vector<int32_t> read_vector(std::string_view field) const {
    const fs::path path = array(field);
    HostTensor values = load_npy(path);
    if (values.shape().size() != 1 || !visit_integer(values.dtype(), [](auto) {}))
      throw bad_input(kInDatasetFiles, "{}: {} {}; expected a one-dimensional integer array", path.string(),
                      name_of(values.dtype()), to_string(values.shape()));
    if (values.dtype() != DType::kI32) values = values.to(DType::kI32);
    const auto all = std::as_const(values).as<int32_t>();
    return {all.begin(), all.end()};
  }

  void check_tokens() {
    const DatasetMetadata& m = files_.metadata;
    if (files_.inputs && files_.labels && files_.inputs->rows() != files_.labels->rows())
      fault_(bad_input(kInDatasetFiles, "{}: {} rows, but all__inputs.npy has {}", array("labels").string(),
                       files_.labels->rows(), files_.inputs->rows()));
    if (files_.inputs) check_vocabulary(*files_.inputs, {});
    if (files_.labels)
      check_vocabulary(*files_.labels, {m.ignore_label_id.value_or(model::kIgnoreLabel), model::kIgnoreLabel});
  }

  void check_vocabulary(const TokenMatrix& tokens, const std::vector<int64_t>& allowed) {
    const DatasetMetadata& m = files_.metadata;
    const int64_t at = tokens.find_outside(m.vocab_size, allowed);
    if (at >= 0)
      fault_(bad_input(kInDatasetFiles,
                       "{}: example {}, cell {}: token {} is outside the vocabulary of {} (dataset.json)",
                       tokens.path().string(), at / m.seq_len, at % m.seq_len, tokens.at(at), m.vocab_size));
  }

  void check_indices() {
    const DatasetMetadata& m = files_.metadata;
    const auto puzzles = static_cast<int64_t>(files_.puzzle_identifiers.size());
    if (files_.inputs) check_monotone("puzzle_indices", files_.puzzle_indices, files_.inputs->rows(), "examples");
    if (!files_.puzzle_indices.empty() && static_cast<int64_t>(files_.puzzle_indices.size()) != puzzles + 1)
      fault_(bad_input(kInDatasetFiles, "{}: {} entries; expected {}, one more than all__puzzle_identifiers.npy has",
                       array("puzzle_indices").string(), files_.puzzle_indices.size(), puzzles + 1));
    check_monotone("group_indices", files_.group_indices, puzzles, "puzzles");
    const auto groups = static_cast<int64_t>(files_.group_indices.size()) - 1;
    if (groups >= 0 && groups != m.total_groups)
      fault_(bad_input(kInDatasetFiles, "{}: total_groups is {}, but all__group_indices.npy holds {} groups",
                       name("dataset.json"), m.total_groups, groups));
  }

  // From 0, strictly upward (nothing owns an empty range), to `total`.
  void check_monotone(std::string_view field, std::span<const int32_t> indices, int64_t total, std::string_view what) {
    const std::string path = array(field).string();
    if (indices.empty() || indices.front() != 0) {
      fault_(bad_input(kInDatasetFiles, "{}: must begin with 0", path));
      return;
    }
    for (size_t i = 1; i < indices.size(); ++i)
      if (indices[i] <= indices[i - 1]) {
        fault_(bad_input(kInDatasetFiles, "{}: entry {} is {} after {}: indices must grow", path, i, indices[i],
                         indices[i - 1]));
        return;
      }
    if (indices.back() != total)
      fault_(bad_input(kInDatasetFiles, "{}: ends at {}, but there are {} {}", path, indices.back(), total, what));
  }

  void check_identifiers() {
    const int64_t known = files_.metadata.num_puzzle_identifiers;
    for (size_t i = 0; i < files_.puzzle_identifiers.size(); ++i) {
      const int32_t id = files_.puzzle_identifiers[i];
      if (id >= 0 && id < known) continue;
      fault_(bad_input(kInDatasetFiles,
                       "{}: puzzle {} has identifier {}; expected 0 to {} (num_puzzle_identifiers in dataset.json)",
                       array("puzzle_identifiers").string(), i, id, known - 1));
      return;
    }
  }

  void read_ratings() {
    files_.ratings = read_vector("ratings");
    if (files_.inputs && static_cast<int64_t>(files_.ratings.size()) != files_.inputs->rows())
      throw bad_input(kInDatasetFiles, "{}: {} ratings for {} examples", array("ratings").string(),
                      files_.ratings.size(), files_.inputs->rows());
  }

  void find_family() {
    const DatasetMetadata& m = files_.metadata;
    const Json description = read_description(root_);
    if (description.is_null()) {
      files_.family = guess_family(m.seq_len, m.vocab_size);
      return;
    }
    const std::string source = (root_ / kDescriptionFile).string();
    files_.family = make_family(json_field<Json>(description, "family", source), source);
    if (files_.family->seq_len() != m.seq_len || files_.family->vocab_size() != m.vocab_size)
      throw bad_input(kInDatasetFiles, "{}: describes {} cells and a vocabulary of {}; {}/dataset.json says {} and {}",
                      source, files_.family->seq_len(), files_.family->vocab_size(), split_, m.seq_len, m.vocab_size);
  }

  const fs::path root_, folder_;
  const std::string split_;
  const FaultSink& fault_;
  SplitFiles files_;
};

}  // namespace

TokenMatrix::TokenMatrix(const fs::path& path, int64_t columns) : path_(path), map_(path), columns_(columns) {
  if (!visit_integer(map_.dtype(), [](auto) {}))
    throw bad_input(kInDatasetFiles, "{}: elements are {}; tokens must be integers", path.string(),
                    name_of(map_.dtype()));
  if (map_.shape().size() != 2 || map_.shape()[1] != columns)
    throw bad_input(kInDatasetFiles, "{}: shape {}; expected [examples, {}] (seq_len in dataset.json)", path.string(),
                    to_string(map_.shape()), columns);
}

void TokenMatrix::read(int64_t row, std::span<int32_t> tokens) const {
  visit_integer(map_.dtype(), [&]<typename T>(Type<T>) {
    for (int64_t i = 0; i < columns_; ++i)
      tokens[i] = static_cast<int32_t>(element<T>(map_.data(), row * columns_ + i));
  });
}

int64_t TokenMatrix::find_outside(int64_t vocab, std::span<const int64_t> allowed) const {
  int64_t found = -1;
  visit_integer(map_.dtype(), [&]<typename T>(Type<T>) {
    const int64_t count = rows() * columns_;
    for (int64_t i = 0; i < count && found < 0; ++i) {
      const T token = element<T>(map_.data(), i);
      const bool inside = std::cmp_greater_equal(token, 0) && std::cmp_less(token, vocab);
      if (!inside && std::ranges::none_of(allowed, [&](int64_t other) { return std::cmp_equal(token, other); }))
        found = i;
    }
  });
  return found;
}

int64_t TokenMatrix::at(int64_t flat_index) const {
  int64_t token = 0;
  visit_integer(map_.dtype(),
                [&]<typename T>(Type<T>) { token = static_cast<int64_t>(element<T>(map_.data(), flat_index)); });
  return token;
}

SplitFiles read_split(const fs::path& folder, const std::string& split, const FaultSink& fault) {
  return SplitReader(folder, split, fault).read();
}

Json metadata_to_json(const DatasetMetadata& m) {
  return {{"pad_id", m.pad_id},
          {"ignore_label_id", m.ignore_label_id ? Json(*m.ignore_label_id) : Json(nullptr)},
          {"blank_identifier_id", m.blank_identifier_id},
          {"vocab_size", m.vocab_size},
          {"seq_len", m.seq_len},
          {"num_puzzle_identifiers", m.num_puzzle_identifiers},
          {"total_groups", m.total_groups},
          {"mean_puzzle_examples", m.mean_puzzle_examples},
          {"total_puzzles", m.total_puzzles},
          {"sets", m.sets}};
}

DatasetMetadata metadata_from_json(const Json& json, std::string_view source) {
  DatasetMetadata m;
  const auto number = [&](std::string_view field, int64_t least, int64_t most) {
    const auto value = json_field<int64_t>(json, field, source);
    if (value < least || value > most)
      throw bad_input(kInDatasetFiles, "{}: {} = {}; expected {} to {}", source, field, value, least, most);
    return value;
  };
  m.vocab_size = number("vocab_size", 1, INT32_MAX);
  m.seq_len = number("seq_len", 1, 1 << 20);
  m.pad_id = number("pad_id", 0, m.vocab_size - 1);
  if (json.contains("ignore_label_id") && !json["ignore_label_id"].is_null())
    m.ignore_label_id = number("ignore_label_id", INT32_MIN, INT32_MAX);
  m.num_puzzle_identifiers = number("num_puzzle_identifiers", 1, INT32_MAX);
  m.blank_identifier_id = number("blank_identifier_id", 0, m.num_puzzle_identifiers - 1);
  m.total_groups = number("total_groups", 0, INT32_MAX);
  m.total_puzzles = json.contains("total_puzzles") ? number("total_puzzles", 0, INT32_MAX) : 0;
  m.mean_puzzle_examples = json_field<double>(json, "mean_puzzle_examples", source);
  if (!std::isfinite(m.mean_puzzle_examples) || m.mean_puzzle_examples < 0)
    throw bad_input(kInDatasetFiles, "{}: mean_puzzle_examples = {}; expected a number of at least 0", source,
                    m.mean_puzzle_examples);
  m.sets = json_field<std::vector<std::string>>(json, "sets", source);
  if (m.sets != std::vector<std::string>{"all"})
    throw bad_input(kInDatasetFiles, "{}: sets = {}; only [\"all\"] can be read", source, json["sets"].dump());
  return m;
}

Json read_description(const fs::path& folder) {
  const fs::path path = folder / kDescriptionFile;
  return fs::exists(path) ? read_json(path) : Json(nullptr);
}

}  // namespace hrm::puzzles
