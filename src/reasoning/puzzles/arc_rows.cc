#include "puzzles/arc_rows.h"

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/threads.h"
#include "formats/npy.h"
#include "puzzles/dataset_files.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;

// Streams of the seed.
enum RowStream : uint64_t { kOffsets = 12 };

constexpr int64_t kBlockVariants = 256;             // variants of a task that one thread writes at a time
constexpr size_t kMostRowBytes = size_t{64} << 20;  // of rows held at a time

struct Member {  // of a split
  const ArcGroup* group;
  std::vector<ArcPair> pairs;
};

struct Block {
  size_t member = 0;
  int64_t first = 0, last = 0;  // variants
};

struct Rows {
  std::vector<uint8_t> inputs, labels;
};

class SplitWriter {
 public:
  SplitWriter(std::vector<Member> members, bool translate, const ArcRowOptions& options)
      : members_(std::move(members)), translate_(translate), options_(options) {
    for (size_t m = 0; m < members_.size(); ++m)
      for (int64_t first = 0; first < variants(m); first += kBlockVariants)
        blocks_.push_back({m, first, std::min(variants(m), first + kBlockVariants)});
  }

  ArcSplitSize size() const {
    ArcSplitSize size{.groups = std::ssize(members_)};
    for (size_t m = 0; m < members_.size(); ++m) {
      size.puzzles += variants(m);
      size.examples += variants(m) * std::ssize(members_[m].pairs);
    }
    return size;
  }

  void write_tokens(const fs::path& folder) const {
    const Shape shape = {size().examples, cells()};
    write_npy(folder / "all__inputs.npy", DType::kU8, shape, [&](const ByteSink& inputs) {
      write_npy(folder / "all__labels.npy", DType::kU8, shape,
                [&](const ByteSink& labels) { stream(folder, inputs, labels); });
    });
  }

  void write_indices(const fs::path& folder) const {
    std::vector<int32_t> identifiers, puzzles = {0}, groups = {0};
    for (size_t m = 0; m < members_.size(); ++m) {
      for (int64_t v = 0; v < variants(m); ++v) {
        identifiers.push_back(members_[m].group->first_identifier + static_cast<int32_t>(v));
        puzzles.push_back(puzzles.back() + static_cast<int32_t>(members_[m].pairs.size()));
      }
      groups.push_back(static_cast<int32_t>(identifiers.size()));
    }
    const auto save = [&](std::string_view field, const std::vector<int32_t>& values) {
      save_npy(folder / fmt::format("all__{}.npy", field), HostTensor::of<int32_t>({std::ssize(values)}, values));
    };
    save("puzzle_identifiers", identifiers);
    save("puzzle_indices", puzzles);
    save("group_indices", groups);
  }

 private:
  int64_t variants(size_t member) const { return std::ssize(members_[member].group->maps); }
  int64_t cells() const { return int64_t{options_.side} * options_.side; }
  size_t bytes_of(const Block& block) const {
    return static_cast<size_t>((block.last - block.first) * std::ssize(members_[block.member].pairs) * cells() * 2);
  }

  void stream(const fs::path& folder, const ByteSink& inputs, const ByteSink& labels) const {
    Progress progress(fmt::format("writing {}", folder.filename().string()), blocks_.size(), {.unit = "blocks"});
    for (size_t begin = 0, end = 0; begin < blocks_.size(); begin = end) {
      if (interrupted()) throw failure("puzzles", "interrupted; nothing was written");
      size_t bytes = 0;
      for (end = begin; end < blocks_.size() && (end == begin || bytes < kMostRowBytes); ++end)
        bytes += bytes_of(blocks_[end]);
      std::vector<Rows> rows(end - begin);
      parallel_for(rows.size(), options_.threads, [&](size_t i) { rows[i] = rows_of(blocks_[begin + i]); });
      for (const Rows& block : rows) {
        inputs(std::as_bytes(std::span(block.inputs)));
        labels(std::as_bytes(std::span(block.labels)));
      }
      progress.update(end);
    }
  }

  Rows rows_of(const Block& block) const {
    Rows rows;
    rows.inputs.resize(bytes_of(block) / 2);
    rows.labels.resize(bytes_of(block) / 2);
    const auto size = static_cast<size_t>(cells());
    size_t at = 0;
    const Member& member = members_[block.member];
    for (int64_t v = block.first; v < block.last; ++v) {
      Rng rng(options_.seed, {kOffsets, name_seed(member.group->task->name), static_cast<uint64_t>(v)});
      const uint64_t stays = rng.below(member.pairs.size());
      const ArcMap& map = member.group->maps[static_cast<size_t>(v)];
      for (size_t p = 0; p < member.pairs.size(); ++p) {
        const ArcGrid input = map.apply(member.pairs[p].input), output = map.apply(member.pairs[p].output);
        const ArcOffset offset =
            translate_ && p != stays ? draw_arc_offset(rng, input, output, options_.side) : ArcOffset();
        encode_arc(input, offset, options_.side, std::span(rows.inputs).subspan(at, size));
        encode_arc(output, offset, options_.side, std::span(rows.labels).subspan(at, size));
        at += size;
      }
    }
    return rows;
  }

  std::vector<Member> members_;
  bool translate_;
  ArcRowOptions options_;
  std::vector<Block> blocks_;
};

}  // namespace

uint64_t name_seed(std::string_view name) {
  uint64_t hash = name.size();
  for (const char c : name) hash = splitmix64(hash ^ static_cast<uint8_t>(c));
  return hash;
}

std::vector<ArcPair> arc_pairs_of(const ArcTask& task, ArcRole role, bool train) {
  if (role == ArcRole::kTraining) return train ? task.all() : std::vector<ArcPair>();
  return train ? task.train : task.test;
}

ArcSplitSize write_arc_split(const fs::path& folder, const std::string& split, const std::vector<ArcGroup>& groups,
                             const ArcRowOptions& options) {
  const bool train = split == "train";
  std::vector<Member> members;
  for (const ArcGroup& group : groups)
    if (auto pairs = arc_pairs_of(*group.task, group.role, train); !pairs.empty())
      members.push_back({&group, std::move(pairs)});
  const SplitWriter writer(std::move(members), train, options);
  const ArcSplitSize size = writer.size();
  if (size.examples > INT32_MAX)
    throw bad_input("puzzles.arc", "{} examples in {}: at most {}; use fewer --variants", size.examples, split,
                    INT32_MAX);
  const fs::path place = folder / split;
  writer.write_tokens(place);
  writer.write_indices(place);
  write_json(place / "dataset.json", metadata_to_json({.ignore_label_id = 0,
                                                       .vocab_size = kArcVocab,
                                                       .seq_len = int64_t{options.side} * options.side,
                                                       .num_puzzle_identifiers = options.identifiers,
                                                       .total_groups = size.groups,
                                                       .total_puzzles = size.puzzles,
                                                       .mean_puzzle_examples = static_cast<double>(size.examples) /
                                                                               static_cast<double>(size.puzzles)}));
  return size;
}

}  // namespace hrm::puzzles
