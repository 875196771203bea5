#include "puzzles/arc_task.h"

#include <algorithm>
#include <map>

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInArcTask = "puzzles.arc";

struct Member {
  std::string key;
  std::string_view value;  // its text
  size_t line = 0;
};

// The members of the object in a text, without parsing their values: each is later parsed separately, so that memory is
// bounded by the largest and a repeated key is seen.
class MemberScanner {
 public:
  MemberScanner(std::string_view text, std::string_view source) : text_(text), source_(source) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  std::vector<Member> scan() {
    skip_blanks();
    if (!take('{')) refuse();
    std::vector<Member> members;
    skip_blanks();
    if (!take('}')) {
      do {
        members.push_back(member());
      } while (take(','));
      if (!take('}')) refuse();
    }
    skip_blanks();
    if (at_ != text_.size()) refuse();
    return members;
  }

 private:
  Member member() {
    skip_blanks();
    const size_t begin = at_;
    if (at_ == text_.size() || text_[at_] != '"') refuse();
    skip_string();
    Member found{.key = parse_json(text_.substr(begin, at_ - begin), source_, line_).get<std::string>()};
    skip_blanks();
    if (!take(':')) refuse();
    skip_blanks();
    found.line = line_;
    const size_t value = at_;
    skip_value();
    found.value = text_.substr(value, at_ - value);
    if (found.value.empty()) refuse();
    skip_blanks();
    return found;
  }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    for (; at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos; ++at_)
      line_ += text_[at_] == '\n';
  }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') ++line_;
    }
    if (at_ >= text_.size()) refuse();
    ++at_;
  }
  // To the comma or bracket after the value.
  void skip_value() {
    for (size_t depth = 0; at_ < text_.size();) {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) return;
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
      line_ += c == '\n';
      ++at_;
      if (depth == 0 && (c == ']' || c == '}')) return;
    }
  }
  // The parser's message names line and column.
  [[noreturn]] void refuse() const {
    parse_json(text_, source_);
    throw bad_input(kInArcTask, "{}: expected an object: a task with \"train\" and \"test\", or tasks by name",
                    source_);
  }

  std::string_view text_, source_;
  size_t at_ = 0, line_ = 1;
};

// "3", '"a"', "[0, ...": the value, for messages.
std::string shown(const Json& value) {
  std::string text = printable(value);
  if (text.size() > 20) text = text.substr(0, 20) + "...";
  return text;
}

class TaskReader {
 public:
  TaskReader(std::string_view source, std::string_view name) : place_(fmt::format("{}: task {}", source, name)) {}

  ArcTask read(const Json& value) const {
    if (!value.is_object())
      throw bad_input(kInArcTask, "{}: expected an object with \"train\" and \"test\", found {}", place_, shown(value));
    ArcTask task;
    task.train = pairs(value, "train");
    task.test = pairs(value, "test");
    for (size_t i = 0; i < task.train.size(); ++i)
      if (task.train[i].output.empty()) throw no_output("train", i);
    return task;
  }

  // solved: the solutions file's list for this task.
  void add_outputs(ArcTask& task, const Json& solved, std::string_view source) const {
    if (!solved.is_array())
      throw bad_input(kInArcTask, "{}: {}: expected a list of grids, one per test input, found {}", place_, source,
                      shown(solved));
    if (solved.size() != task.test.size())
      throw bad_input(kInArcTask, "{}: {} test inputs, but {} has {} outputs", place_, task.test.size(), source,
                      solved.size());
    for (size_t i = 0; i < solved.size(); ++i) {
      ArcGrid output = arc_grid_from_json(solved[i], fmt::format("{}: {}, output {}", place_, source, i + 1));
      if (!task.test[i].output.empty() && task.test[i].output != output)
        throw bad_input(kInArcTask, "{}, test pair {}: its output differs from that in {}", place_, i + 1, source);
      task.test[i].output = std::move(output);
    }
  }

  void check_outputs(const ArcTask& task) const {
    for (size_t i = 0; i < task.test.size(); ++i)
      if (task.test[i].output.empty()) throw no_output("test", i);
  }

  const std::string& place() const { return place_; }

 private:
  std::vector<ArcPair> pairs(const Json& task, std::string_view part) const {
    const auto at = task.find(part);
    if (at == task.end() || !at->is_array() || at->empty())
      throw bad_input(kInArcTask, "{}: \"{}\" {}; expected a list of at least one pair", place_, part,
                      at == task.end() ? "is missing" : "is " + shown(*at));
    std::vector<ArcPair> found;
    for (size_t i = 0; i < at->size(); ++i) {
      const Json& pair = (*at)[i];
      const std::string where = fmt::format("{}, {} pair {}", place_, part, i + 1);
      if (!pair.is_object() || !pair.contains("input"))
        throw bad_input(kInArcTask, "{}: expected {{\"input\": grid, \"output\": grid}}, found {}", where, shown(pair));
      ArcPair read{.input = arc_grid_from_json(pair["input"], where + ", input")};
      if (pair.contains("output") && !pair["output"].is_null())
        read.output = arc_grid_from_json(pair["output"], where + ", output");
      found.push_back(std::move(read));
    }
    return found;
  }

  Error no_output(std::string_view part, size_t pair) const {
    return bad_input(kInArcTask, "{}, {} pair {}: has no output{}", place_, part, pair + 1,
                     part == "test" ? "; a file *_challenges.json needs *_solutions.json beside it, and tasks without "
                                      "answers are for `hrm solve`"
                                    : "");
  }

  std::string place_;
};

bool is_task(const std::vector<Member>& members) {
  return std::ranges::any_of(members, [](const Member& m) { return m.key == "train" || m.key == "test"; });
}

using Solutions = std::map<std::string, std::vector<Member>, std::less<>>;

Solutions solutions_by_name(const ArcText& text) {
  Solutions solutions;
  for (Member& member : MemberScanner(text.text, text.source).scan()) solutions[member.key].push_back(member);
  return solutions;
}

struct Reading {
  const ArcText& text;
  const ArcText* solutions_text;
  const Solutions& solutions;
  const ArcSinks& sinks;
};

void read_member(const Reading& reading, const std::string& name, std::string_view value, size_t line) {
  const TaskReader reader(reading.text.source, name);
  try {
    ArcTask task = reader.read(parse_json(value, reading.text.source, line));
    task.name = name;
    task.origin = reading.text.source;
    if (reading.solutions_text) {
      const std::string& source = reading.solutions_text->source;
      const auto at = reading.solutions.find(name);
      if (at == reading.solutions.end()) throw bad_input(kInArcTask, "{}: {} lacks this task", reader.place(), source);
      if (at->second.size() > 1)
        throw bad_input(kInArcTask, "{}: occurs {} times in {}", reader.place(), at->second.size(), source);
      const Member& solved = at->second.front();
      reader.add_outputs(task, parse_json(solved.value, source, solved.line), source);
    }
    if (reading.sinks.need_outputs) reader.check_outputs(task);
    reading.sinks.task(std::move(task));
  } catch (const Error& error) {
    if (!reading.sinks.fault) throw;
    reading.sinks.fault(error);
  }
}

}  // namespace

int ArcTask::largest_side() const {
  int side = 0;
  for (const auto* pairs : {&train, &test})
    for (const ArcPair& pair : *pairs)
      side = std::max({side, pair.input.rows, pair.input.columns, pair.output.rows, pair.output.columns});
  return side;
}

std::vector<ArcPair> ArcTask::all() const {
  std::vector<ArcPair> pairs = train;
  pairs.insert(pairs.end(), test.begin(), test.end());
  return pairs;
}

ArcGrid arc_grid_from_json(const Json& value, std::string_view where) {
  if (!value.is_array() || value.empty() || value.size() > kArcSide)
    throw bad_input(kInArcTask, "{}: {}; expected a grid: a list of 1 to {} rows of colors", where,
                    value.is_array() ? fmt::format("{} rows", value.size()) : "found " + shown(value), kArcSide);
  ArcGrid grid{.rows = static_cast<int>(value.size())};
  for (size_t r = 0; r < value.size(); ++r) {
    const Json& row = value[r];
    if (!row.is_array() || row.empty() || row.size() > kArcSide)
      throw bad_input(kInArcTask, "{}, row {}: {}; expected a list of 1 to {} colors", where, r + 1,
                      row.is_array() ? fmt::format("{} cells", row.size()) : "found " + shown(row), kArcSide);
    if (r == 0) grid.columns = static_cast<int>(row.size());
    if (static_cast<int>(row.size()) != grid.columns)
      throw bad_input(kInArcTask, "{}, row {}: {} cells, row 1 has {}", where, r + 1, row.size(), grid.columns);
    for (size_t c = 0; c < row.size(); ++c) {
      const Json& cell = row[c];
      if (!cell.is_number_integer() || cell < 0 || cell >= kArcColors)
        throw bad_input(kInArcTask, "{}, row {} column {}: {} is not a color from 0 to 9", where, r + 1, c + 1,
                        shown(cell));
      grid.cells.push_back(cell.get<uint8_t>());
    }
  }
  return grid;
}

void read_arc_tasks(const ArcText& text, const ArcText* solutions_text, const ArcSinks& sinks) {
  const std::vector<Member> members = MemberScanner(text.text, text.source).scan();
  const Solutions solutions = solutions_text ? solutions_by_name(*solutions_text) : Solutions();
  const Reading reading{text, solutions_text, solutions, sinks};
  if (is_task(members)) return read_member(reading, text.name, text.text, 1);
  std::map<std::string_view, size_t> lines;
  for (const Member& member : members) {
    const auto [first, fresh] = lines.emplace(member.key, member.line);
    if (fresh) {
      read_member(reading, member.key, member.value, member.line);
      continue;
    }
    const Error error = bad_input(kInArcTask, "{}: task {}: occurs twice, in lines {} and {}", text.source, member.key,
                                  first->second, member.line);
    if (!sinks.fault) throw error;
    sinks.fault(error);
  }
}

Json to_json(const ArcGrid& grid) {
  Json rows = Json::array();
  for (int r = 0; r < grid.rows; ++r) {
    Json row = Json::array();
    for (int c = 0; c < grid.columns; ++c) row.push_back(grid.at(r, c));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json to_json(const ArcTask& task) {
  Json json = Json::object();
  for (const auto& [part, pairs] : {std::pair("train", &task.train), std::pair("test", &task.test)}) {
    Json list = Json::array();
    for (const ArcPair& pair : *pairs) {
      Json entry = {{"input", to_json(pair.input)}};
      if (!pair.output.empty()) entry["output"] = to_json(pair.output);
      list.push_back(std::move(entry));
    }
    json[part] = std::move(list);
  }
  return json;
}

}  // namespace hrm::puzzles
