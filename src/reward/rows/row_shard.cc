#include "rows/row_shard.h"

namespace hrm::rows {
namespace {

constexpr std::string_view kInShard = "rows.shard";

}  // namespace

void RowShard::line(const Json& value) {
  constexpr size_t kTogether = size_t{1} << 20;
  lines_ += printable(value) + "\n";
  if (lines_.size() < kTogether) return;
  file_.write(lines_);
  lines_.clear();
}

void RowShard::begin(const Json& settings) {
  problems_ = !settings["leakage"].empty();
  line({{"rows_shard", shard_.rank}, {"of", shard_.size}, {"settings", settings}});
}

void RowShard::problem(const Problem& problem) {
  if (!problems_) return;
  line({{"file", input_}, {"record", problem.record}, {"problem", problem.question}, {"place", problem.place}});
}

void RowShard::add(uint64_t record, const Row& row, bool test) {
  Json json = {{"file", input_}, {"record", record}, {"row", row.input}, {"label", row.label}};
  if (row.trials > 0) json["trials"] = row.trials;
  if (test) json["test"] = true;
  line(json);
  ++rows_;
}

void RowShard::end_of_input(uint64_t records, const BadLines& bad) {
  Json lines = Json::array();
  for (size_t i = 0; i < bad.messages.size(); ++i) lines.push_back({bad.records[i], bad.messages[i]});
  inputs_.push_back({{"records", records}, {"bad", bad.count}, {"bad_lines", lines}});
  ++input_;
}

void RowShard::finish(ConversionCounts& counts) {
  counts.written = rows_;
  line({{"counts", counts.to_json()}, {"format", counts.format}, {"fields", counts.fields}, {"inputs", inputs_}});
  file_.write(lines_);
  file_.finish();
}

RowShardReader::RowShardReader(const std::filesystem::path& path) : path_(path), lines_(path) {
  if (lines_.next()) begin_ = lines_.take();
  if (!begin_.is_object() || !begin_.contains("rows_shard"))
    throw bad_input(kInShard, "{}: is no shard of hrm rows build: give FILE.0-of-N, FILE.1-of-N, ...", path.string());
}

Shard RowShardReader::shard() const {
  return {json_field<size_t>(begin_, "rows_shard", path_.string()), json_field<size_t>(begin_, "of", path_.string())};
}

bool RowShardReader::next() {
  if (!lines_.next())
    throw bad_input(kInShard, "{}: breaks off after line {}: copy it again, or build it again", path_.string(),
                    lines_.line());
  line_ = lines_.take();
  if (line_.contains("counts")) return false;
  at_ = {json_field<uint64_t>(line_, "file", place()), json_field<uint64_t>(line_, "record", place())};
  return true;
}

}  // namespace hrm::rows
