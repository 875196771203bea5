#include "puzzles/arc_source.h"

#include <algorithm>
#include <map>
#include <set>

#include "formats/input.h"

namespace hrm::puzzles {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kInArcSource = "puzzles.arc";
constexpr size_t kMostBytes = size_t{1} << 30;

bool is_json(const fs::path& path) {
  const std::string name = path.filename().string();
  return !name.starts_with('.') &&
         (name.ends_with(".json") || name.ends_with(".json.zst") || name.ends_with(".json.gz"));
}

// "training" of "data/training/".
std::string name_of(const fs::path& folder) {
  return (folder.has_filename() ? folder : folder.parent_path()).filename().string();
}

// The name without .json and compression.
std::string stem_of(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.substr(0, std::min(name.size(), name.rfind(".json")));
}

std::string text_of(const fs::path& path) { return read_rest(*open_input(path), input_name(path), kMostBytes); }

// arc-agi_training_challenges.json -> arc-agi_training_solutions.json; empty if the name has no such word.
std::string sibling_stem(const std::string& stem, std::string_view from, std::string_view to) {
  const size_t at = stem.rfind(from);
  return at == std::string::npos ? "" : std::string(stem).replace(at, from.size(), to);
}

std::optional<fs::path> sibling(const fs::path& path, std::string_view from, std::string_view to) {
  const std::string stem = sibling_stem(stem_of(path), from, to);
  if (stem.empty()) return std::nullopt;
  for (const char* ending : {".json", ".json.zst", ".json.gz"})
    if (fs::path found = path.parent_path() / (stem + ending); fs::exists(found)) return found;
  return std::nullopt;
}

bool is_challenges(const fs::path& path) { return stem_of(path).find("challenges") != std::string::npos; }
bool is_solutions(const fs::path& path) { return stem_of(path).find("solutions") != std::string::npos; }

// "row 2 column 3: 4 instead of 5", or the sizes where those differ.
std::string difference_of(const ArcGrid& first, const ArcGrid& second) {
  if (first.rows != second.rows || first.columns != second.columns)
    return fmt::format("{}x{} instead of {}x{}", second.rows, second.columns, first.rows, first.columns);
  const auto cell = static_cast<int>(std::ranges::mismatch(first.cells, second.cells).in1 - first.cells.begin());
  return fmt::format("row {} column {}: {} instead of {}", cell / first.columns + 1, cell % first.columns + 1,
                     second.cells[static_cast<size_t>(cell)], first.cells[static_cast<size_t>(cell)]);
}

// Where `pair` has no equal in `known`: how it differs from the most similar pair there.
std::string difference_of(const std::vector<ArcPair>& known, const ArcPair& pair) {
  for (const ArcPair& other : known) {
    if (other.input == pair.input) return "output, " + difference_of(other.output, pair.output);
    if (other.output == pair.output) return "input, " + difference_of(other.input, pair.input);
  }
  return "no such pair there";
}

// Where the second differs from the first, whatever the order of the pairs; empty if it does not.
std::string difference_of(const ArcTask& first, const ArcTask& second) {
  std::vector<ArcPair> rest = first.all();
  std::string place;
  const ArcPair* odd = nullptr;
  for (const auto& [part, pairs] : {std::pair("train", &second.train), std::pair("test", &second.test)})
    for (size_t i = 0; i < pairs->size(); ++i) {
      if (const auto at = std::ranges::find(rest, (*pairs)[i]); at != rest.end()) {
        rest.erase(at);
      } else if (!odd) {
        odd = &(*pairs)[i];
        place = fmt::format("{} pair {}", part, i + 1);
      }
    }
  const std::string same = fmt::format("the task of the same name in {}", first.origin);
  if (odd) return fmt::format("{} differs from {}: {}", place, same, difference_of(rest, *odd));
  return rest.empty() ? "" : fmt::format("lacks {} of the pairs of {}", rest.size(), same);
}

class Reader {
 public:
  explicit Reader(const ArcReadOptions& options) : options_(options) {}

  ArcReading read(const std::vector<ArcSourceSpec>& specs) {
    for (const ArcSourceSpec& spec : specs) {
      if (!fs::exists(spec.path)) throw bad_input(kInArcSource, "{}: no such file or folder", spec.path.string());
      if (fs::is_directory(spec.path))
        read_folder(spec.path, spec.role);
      else
        read_file(spec.path, spec.role);
    }
    if (std::ranges::all_of(reading_.sources, [](const ArcSource& s) { return s.tasks.empty(); }) &&
        reading_.skipped.empty())
      throw bad_input(kInArcSource,
                      "{}: no task found; expected files NAME.json, or *_challenges.json with *_solutions.json",
                      specs.empty() ? "" : specs.front().path.string());
    return std::move(reading_);
  }

 private:
  struct Seen {
    size_t source, task;
  };

  // above: the role that the names of the enclosing folders give.
  void read_folder(const fs::path& folder, std::optional<ArcRole> role, ArcRole above = ArcRole::kTraining) {
    const ArcRole here = role.value_or(stronger(above, arc_role_of(name_of(folder))));
    std::vector<fs::path> files, folders;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().filename().string().starts_with('.')) continue;
      if (entry.is_directory())
        folders.push_back(entry.path());
      else if (is_json(entry.path()))
        files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::ranges::sort(folders);
    if (std::ranges::any_of(files, is_challenges)) {  // others beside them are solutions, or samples of answers
      for (const fs::path& file : files)
        if (is_challenges(file)) read_file(file, role.value_or(role_of_combined(file, here)));
    } else if (!files.empty()) {
      begin_source(folder.string(), here);
      for (const fs::path& file : files)
        if (files_.insert(fs::weakly_canonical(file)).second) read_texts(file, std::nullopt);
      finish_source();
    }
    for (const fs::path& inner : folders) read_folder(inner, role, here);
  }

  // Its own name decides if it gives a role, otherwise the name of the folder.
  static ArcRole role_of_combined(const fs::path& file, ArcRole folder) {
    const std::string stem = stem_of(file);
    return stem.find("train") != std::string::npos ? ArcRole::kTraining : stronger(folder, arc_role_of(stem));
  }

  static ArcRole stronger(ArcRole a, ArcRole b) {
    return a == ArcRole::kEvaluation || b == ArcRole::kEvaluation ? ArcRole::kEvaluation : ArcRole::kTraining;
  }

  void read_file(const fs::path& file, std::optional<ArcRole> role) {
    if (!files_.insert(fs::weakly_canonical(file)).second) return;  // named twice
    if (is_solutions(file)) {
      if (sibling(file, "solutions", "challenges")) return;  // read with its challenges
      throw bad_input(kInArcSource, "{}: contains solutions; give the file with the challenges", file.string());
    }
    // A task's own name gives no role: `data/evaluation/*.json` has the role of the folder.
    if (is_challenges(file))
      begin_source(file.string(), role.value_or(role_of_combined(file, ArcRole::kTraining)));
    else
      begin_source(file.has_parent_path() ? file.parent_path().string() : ".",
                   role.value_or(arc_role_of(name_of(fs::absolute(file).parent_path()))));
    read_texts(file, sibling(file, "challenges", "solutions"));
    finish_source();
  }

  // Extends the last source if it is the same: tasks of one folder that are given one by one.
  void begin_source(std::string path, ArcRole role) {
    if (!reading_.sources.empty() && reading_.sources.back().path == path && reading_.sources.back().role == role)
      return;
    reading_.sources.push_back({.path = std::move(path), .role = role, .tasks = {}});
  }

  void read_texts(const fs::path& file, const std::optional<fs::path>& solutions) {
    const std::string text = text_of(file), solved = solutions ? text_of(*solutions) : "";
    const ArcText mine{.text = text, .source = file.string(), .name = stem_of(file)};
    const ArcText theirs{.text = solved, .source = solutions ? solutions->string() : "", .name = {}};
    const auto refuse = [&](const Error& error) { fault(error); };
    try {
      read_arc_tasks(mine, solutions ? &theirs : nullptr,
                     {.task = [&](ArcTask task) { add(std::move(task)); },
                      .fault = options_.skip_bad ? std::function<void(const Error&)>(refuse) : nullptr,
                      .need_outputs = options_.need_outputs});
    } catch (const Error& error) {
      fault(error);
    }
  }

  void fault(const Error& error) {
    if (!options_.skip_bad || error.fault() != Fault::kBadInput) throw error;
    const std::string_view what = error.what();
    reading_.skipped.emplace_back(what.substr(what.find("] ") + 2));
  }

  // Names and pairs of all sources must agree.
  void add(ArcTask task) {
    ArcSource& source = reading_.sources.back();
    auto [begin, end] = seen_.equal_range(task.name);
    for (auto at = begin; at != end; ++at) {
      const ArcSource& other = reading_.sources[at->second.source];
      const ArcTask& first = other.tasks[at->second.task];
      if (std::string difference = difference_of(first, task); !difference.empty()) {
        fault(bad_input(kInArcSource, "{}: task {}: {}", task.origin, task.name, difference));
        return;
      }
      if (other.role == source.role) {
        ++reading_.repeated;
        return;
      }
    }
    seen_.emplace(task.name, Seen{reading_.sources.size() - 1, source.tasks.size()});
    source.tasks.push_back(std::move(task));
  }

  void finish_source() {
    ArcSource& source = reading_.sources.back();
    std::ranges::sort(source.tasks, {}, &ArcTask::name);
    const size_t index = reading_.sources.size() - 1;
    for (auto& [name, seen] : seen_)
      if (seen.source == index)
        seen.task = static_cast<size_t>(std::ranges::lower_bound(source.tasks, name, {}, &ArcTask::name) -
                                        source.tasks.begin());
  }

  const ArcReadOptions& options_;
  ArcReading reading_;
  std::multimap<std::string, Seen, std::less<>> seen_;
  std::set<fs::path> files_;
};

}  // namespace

ArcRole arc_role_of(std::string_view name) {
  std::string word;
  const auto tells = [&] { return word.starts_with("eval") || word == "test"; };
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') {
      word += c;
    } else if (c >= 'A' && c <= 'Z') {
      word += static_cast<char>(c - 'A' + 'a');
    } else {
      if (tells()) return ArcRole::kEvaluation;
      word.clear();
    }
  }
  return tells() ? ArcRole::kEvaluation : ArcRole::kTraining;
}

ArcReading read_arc_sources(const std::vector<ArcSourceSpec>& specs, const ArcReadOptions& options) {
  return Reader(options).read(specs);
}

}  // namespace hrm::puzzles
