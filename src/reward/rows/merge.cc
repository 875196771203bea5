#include "rows/merge.h"

#include <algorithm>
#include <memory>

#include "base/signals.h"
#include "rows/built_files.h"
#include "rows/row_shard.h"

namespace hrm::rows {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInMerge = "rows.merge";

using Readers = std::vector<std::unique_ptr<RowShardReader>>;

// In order of rank.
Readers open_shards(const std::vector<fs::path>& paths) {
  if (paths.empty()) throw bad_input(kInMerge, "no shard");
  const Shard first = RowShardReader(paths[0]).shard();
  Readers readers(first.size);
  for (const fs::path& path : paths) {
    auto reader = std::make_unique<RowShardReader>(path);
    const Shard shard = reader->shard();
    if (shard.size != first.size || shard.rank >= shard.size)
      throw bad_input(kInMerge, "{}: is shard {} of {}, but {} is one of {}: give the shards of one build",
                      path.string(), shard.rank, shard.size, paths[0].string(), first.size);
    if (const auto& other = readers[shard.rank])
      throw bad_input(kInMerge, "{} and {} are both shard {} of {}: give each once", other->path().string(),
                      path.string(), shard.rank, shard.size);
    readers[shard.rank] = std::move(reader);
  }
  for (size_t rank = 0; rank < readers.size(); ++rank)
    if (!readers[rank])
      throw bad_input(kInMerge, "shard {} of {} is missing: build it with RANK={} WORLD_SIZE={}", rank, readers.size(),
                      rank, readers.size());
  const Json& settings = readers[0]->begin().at("settings");
  for (const auto& reader : readers)
    for (const auto& [key, value] : reader->begin().at("settings").items())
      if (!settings.contains(key) || settings.at(key) != value)
        throw bad_input(kInMerge, "{}: was built with {} = {}, and {} with {}: build one of them again",
                        reader->path().string(), key, printable(value), readers[0]->path().string(),
                        printable(settings.value(key, Json())));
  return readers;
}

OutputOptions output_of(const Json& settings) {
  OutputOptions output{.seed = settings.at("seed"), .drop_leaks = settings.at("drop_leaks")};
  if (const auto split = settings.at("meta").find("split"); split != settings.at("meta").end())
    output.test_fraction = split->at("test_fraction");
  for (const Json& path : settings.at("leakage")) output.leakage.emplace_back(path.get<std::string>());
  return output;
}

void add_counts(ConversionCounts& to, const RowShardReader& reader) {
  const Json& end = reader.end();
  const Json& counts = end.at("counts");
  to.records += counts.at("records").get<uint64_t>();
  to.solutions += counts.at("solutions").get<uint64_t>();
  for (const auto& [reason, n] : counts.at("dropped").items()) to.drop(reason, n);
  for (const auto& [reason, n] : counts.at("noted").items()) to.note(reason, n);
  if (const std::string format = end.at("format"); !format.empty()) to.format = format;
  if (to.fields.empty()) to.fields = end.at("fields");
}

// The bad lines of one input, in its order.
BadLines bad_lines(const Readers& readers, size_t input) {
  uint64_t count = 0;
  std::vector<std::pair<uint64_t, std::string>> lines;
  for (const auto& reader : readers) {
    const Json& own = reader->end().at("inputs").at(input);
    for (const Json& line : own.at("bad_lines")) lines.emplace_back(line.at(0), line.at(1));
    count += own.at("bad").get<uint64_t>();
  }
  std::ranges::stable_sort(lines, {}, &std::pair<uint64_t, std::string>::first);
  BadLines all;
  for (auto& [record, message] : lines) all.add(std::move(message), record);
  all.count = count;  // shards list only the first of theirs
  return all;
}

class Merger {
 public:
  Merger(Readers readers, OutputOptions output)
      : readers_(std::move(readers)),
        output_(std::move(output)),
        settings_(readers_[0]->begin().at("settings")),
        filter_(output_, report_),
        files_(output_, repeats_of(json_enum<Mode>("mode"), settings_.at("meta").contains("trees"))) {}

  MergedRows run() {
    replay();
    std::vector<fs::path> inputs;
    for (const Json& name : settings_.at("meta").at("inputs")) inputs.emplace_back(name.get<std::string>());
    for (const auto& reader : readers_) add_counts(report_.counts, *reader);
    for (size_t input = 0; input < inputs.size(); ++input) {
      check_records(input, inputs[input]);
      if (BadLines bad = bad_lines(readers_, input); bad.count > 0)
        report_.bad.push_back({inputs[input].string(), std::move(bad)});
    }
    files_.finish(report_, settings_.at("meta"), inputs);
    return {std::move(report_), std::move(output_)};
  }

 private:
  template <typename Enum>
  Enum json_enum(std::string_view key) const {
    return parse_enum<Enum>(json_field<std::string>(settings_.at("meta"), key, readers_[0]->path().string()), key);
  }

  // Line by line in the order of the records, as one process meets them: no record is in two shards.
  void replay() {
    std::vector<RowShardReader*> open;
    for (const auto& reader : readers_)
      if (reader->next()) open.push_back(reader.get());
    while (!open.empty()) {
      if (interrupted()) throw failure(kInMerge, "interrupted");
      const auto first = std::ranges::min_element(open, {}, &RowShardReader::at);
      take(**first);
      if (!(*first)->next()) open.erase(first);
    }
  }

  void take(const RowShardReader& reader) {
    const Json& line = reader.line();
    const std::string place = reader.place();
    if (line.contains("problem")) {
      report_.leakage->check(json_field<std::string>(line, "problem", place),
                             json_field<std::string>(line, "place", place));
      return;
    }
    files_.add(0,
               {json_field<std::string>(line, "row", place), json_field<double>(line, "label", place),
                line.value("trials", 0.0)},
               line.value("test", false));
  }

  void check_records(size_t input, const fs::path& name) const {
    for (const auto& reader : readers_) {
      const Json &own = reader->end().at("inputs").at(input).at("records"),
                 &first = readers_[0]->end().at("inputs").at(input).at("records");
      if (own != first)
        throw bad_input(kInMerge, "{}: had {} records for {} and {} for {}: it has changed: build the shards again",
                        name.string(), printable(first), readers_[0]->path().string(), printable(own),
                        reader->path().string());
    }
  }

  Readers readers_;
  OutputOptions output_;
  Json settings_;
  OutputReport report_;
  ProblemFilter filter_;  // fills report_.leakage
  BuiltFiles files_;
};

}  // namespace

MergedRows merge_rows(const std::vector<fs::path>& shards, const fs::path& out, const fs::path& test_out) try {
  Readers readers = open_shards(shards);
  OutputOptions output = output_of(readers[0]->begin().at("settings"));
  output.out = out;
  output.test_out = test_out;
  if (output.test_fraction > 0 && test_out.empty())
    throw bad_input(kInMerge, "{}: has a test part: name its file with --test-out", shards[0].string());
  if (output.test_fraction == 0 && !test_out.empty())
    throw bad_input(kInMerge, "--test-out {}: the shards were built without a test part", test_out.string());
  output.validate();
  return Merger(std::move(readers), std::move(output)).run();
} catch (const Json::exception& error) {
  throw bad_input(kInMerge, "{} or another shard is damaged ({}): build the shards again", shards[0].string(),
                  error.what());
}

}  // namespace hrm::rows
