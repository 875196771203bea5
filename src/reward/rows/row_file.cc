#include "rows/row_file.h"

#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "formats/memory_budget.h"

namespace hrm::rows {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostRows = size_t{1} << 23;

Error disk_error(const fs::path& path) {
  return failure("rows.write", "{}: {}; nothing was written", path.string(), std::strerror(errno));
}

// Labels of 0 and 1 as integers, which is how the authors write hard ones and what a classifier expects.
std::string label_text(double label) {
  if (label == 0) return "0";
  if (label == 1) return "1";
  return printable(Json(label));
}

}  // namespace

RowFile::RowFile(fs::path path, Repeats repeats) : path_(std::move(path)), repeats_(repeats) {
  std::error_code error;
  if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), error);
  const fs::path scratch = fs::path(path_).concat(fmt::format(".scratch.{}", ::getpid()));
  scratch_.reset(std::fopen(scratch.c_str(), "w+b"));
  if (!scratch_) throw failure("rows.write", "{}: cannot create: {}", path_.string(), std::strerror(errno));
  fs::remove(scratch, error);  // stays open, and is gone with this process whatever happens
}

void RowFile::add(const Row& row) {
  const XXH128_hash_t hash = XXH3_128bits(row.input.data(), row.input.size());
  if (labels_.size() == kMostRows)
    throw InputTooLarge(Fault::kBadInput, "rows.write",
                        fmt::format("{}: more than {} different rows, the most that a file may hold: build the inputs "
                                    "in parts",
                                    path_.string(), kMostRows));
  const uint32_t next = static_cast<uint32_t>(labels_.size());
  const uint32_t at =
      repeats_ == Repeats::kKeep ? next : index_.try_emplace({hash.high64, hash.low64}, next).first->second;
  if (at == next) {
    labels_.push_back({.first = row.label});
    line_.clear();
    append_json_text(line_, row.input);
    line_ += '\n';
    if (std::fwrite(line_.data(), 1, line_.size(), scratch_.get()) != line_.size()) throw disk_error(path_);
  }
  Labels& labels = labels_[at];
  ++labels.count;
  labels.ones += row.label == 1;
  labels.zeros += row.label == 0;
  labels.sum += row.label;
  labels.trials += row.trials;
  labels.right += row.label * row.trials;
}

std::optional<double> RowFile::settle(const Labels& labels, ConversionCounts& counts) const {
  if (labels.count == 1) return labels.first;
  counts.drop("repeated row", labels.count - 1);
  const bool equal = labels.first * labels.count == labels.sum;
  if (labels.trials > 0) {
    if (!equal) counts.note("text with different labels: their counts added up");
    return labels.right / labels.trials;
  }
  if (repeats_ == Repeats::kFirst || equal) return labels.first;
  if (labels.ones + labels.zeros < labels.count) {
    counts.note("text with different labels: their mean");
    return labels.sum / labels.count;
  }
  if (labels.ones == labels.zeros) {
    counts.drop("text with as many labels 0 as 1");
    return std::nullopt;
  }
  counts.note("text with different labels: the majority");
  return labels.ones > labels.zeros ? 1.0 : 0.0;
}

void RowFile::finish(ConversionCounts& counts) {
  std::FILE* file = scratch_.get();
  if (std::fflush(file) != 0 || std::fseek(file, 0, SEEK_SET) != 0) throw disk_error(path_);
  write_file_atomic(path_, [&](const ByteSink& sink) {
    std::string block;
    const auto put = [&] {
      sink(std::as_bytes(std::span(block)));
      block.clear();
    };
    char* text = nullptr;
    size_t capacity = 0;
    for (const Labels& labels : labels_) {
      const ssize_t size = ::getline(&text, &capacity, file);
      if (size <= 0) break;
      const auto label = settle(labels, counts);
      if (!label) continue;
      block.append("{\"input\":").append(text, static_cast<size_t>(size) - 1);
      block.append(",\"label\":").append(label_text(*label));
      if (labels.trials > 0) block.append(",\"trials\":").append(fmt::format("{:.0f}", labels.trials));
      block.append("}\n");
      ++counts.written;
      if (block.size() > (size_t{1} << 20)) put();
    }
    std::free(text);
    put();
    if (std::ferror(file)) throw disk_error(path_);
  });
  scratch_.reset();
}

fs::path meta_path(const fs::path& path) { return fs::path(path).concat(".meta.json"); }

void write_meta(const fs::path& path, const Json& meta) { write_json(meta_path(path), meta); }

}  // namespace hrm::rows
