#include "puzzles/arc_build.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_set>

#include "base/signals.h"
#include "puzzles/arc.h"
#include "puzzles/arc_rows.h"
#include "puzzles/dataset_files.h"
#include "puzzles/dataset_writer.h"
#include "puzzles/dihedral.h"
#include "puzzles/parallel_work.h"

namespace hrm::puzzles {
namespace {

constexpr std::string_view kInArcBuild = "puzzles.arc";
constexpr uint64_t kTriesPerVariant = 5;

// Streams of the seed.
enum VariantStream : uint64_t { kVariants = 11 };

// Equal for two variants of a task that show the same pairs, in whatever order.
uint64_t fingerprint(const std::vector<ArcPair>& pairs, const ArcMap& map) {
  std::vector<uint64_t> hashes;
  for (const ArcPair& pair : pairs)
    hashes.push_back(splitmix64(puzzles::fingerprint(map.apply(pair.input)) ^
                                splitmix64(puzzles::fingerprint(map.apply(pair.output)))));
  std::ranges::sort(hashes);
  uint64_t all = hashes.size();
  for (const uint64_t hash : hashes) all = splitmix64(all ^ hash);
  return all;
}

struct Collected {
  std::vector<ArcTaskRef> tasks;  // that fit, in order
};

Collected collect(const ArcReading& reading, const ArcBuildOptions& options, ArcBuildReport& report) {
  Collected collected;
  for (const ArcSource& source : reading.sources) {
    ArcBuildReport::Source summary{.path = source.path, .role = source.role};
    for (const ArcTask& task : source.tasks) {
      if (task.largest_side() > options.side) {
        ++summary.too_large;
        continue;
      }
      ++summary.tasks;
      collected.tasks.push_back({&task, source.role});
    }
    report.sources.push_back(std::move(summary));
  }
  return collected;
}

void report_leaks(Collected& collected, const ArcBuildOptions& options, ArcBuildReport& report) {
  const std::vector<ArcLeak> leaks = find_arc_leaks(collected.tasks);
  std::set<size_t> leaking, drop;
  for (const ArcLeak& leak : leaks) {
    report.leaks.push_back(to_text(leak, collected.tasks));
    leaking.insert(leak.evaluation);
    if (options.drop_leaks && collected.tasks[leak.trained].role == ArcRole::kTraining) drop.insert(leak.trained);
  }
  report.leaking_tasks = report.still_leaking = leaking.size();
  if (const auto repeats = find_arc_repeats(collected.tasks); !repeats.empty())
    report.notes.push_back(fmt::format("{} training tasks repeat an earlier one, up to symmetry and colors: {} and {}",
                                       repeats.size(), collected.tasks[repeats.front().first].task->name,
                                       collected.tasks[repeats.front().second].task->name));
  report.dropped = drop.size();
  std::vector<ArcTaskRef> kept;
  for (size_t i = 0; i < collected.tasks.size(); ++i)
    if (!drop.contains(i)) kept.push_back(collected.tasks[i]);
  collected.tasks = std::move(kept);
  if (drop.empty()) return;
  leaking.clear();
  for (const ArcLeak& leak : find_arc_leaks(collected.tasks)) leaking.insert(leak.evaluation);
  report.still_leaking = leaking.size();
}

std::vector<ArcGroup> draw_groups(const Collected& collected, const ArcBuildOptions& options) {
  std::vector<ArcGroup> groups(collected.tasks.size());
  parallel_work({"drawing variants", "tasks"}, groups.size(), options.threads, [&](size_t i) {
    groups[i] = {.task = collected.tasks[i].task,
                 .role = collected.tasks[i].role,
                 .maps = draw_arc_variants(*collected.tasks[i].task, options.variants)};
  });
  // A task that is trained on and evaluated has one set of embeddings: its variants are the same.
  std::map<std::string_view, int32_t> first;
  int64_t next = 1;
  for (ArcGroup& group : groups) {
    const auto [at, fresh] = first.emplace(group.task->name, static_cast<int32_t>(next));
    group.first_identifier = at->second;
    if (!fresh) continue;
    next += std::ssize(group.maps);
    if (next > INT32_MAX)
      throw bad_input(kInArcBuild, "--variants {}: more variants than there can be identifiers",
                      options.variants.count);
  }
  return groups;
}

std::string identifiers_text(const std::vector<ArcGroup>& groups, ArcNames names) {
  std::string text = "[\"<blank>\"";
  std::set<int32_t> named;
  for (const ArcGroup& group : groups) {
    if (!named.insert(group.first_identifier).second) continue;
    for (size_t v = 0; v < group.maps.size(); ++v) {
      text += ", ";
      append_json_text(text, v == 0 ? group.task->name : group.maps[v].name(group.task->name, names));
    }
  }
  return text + "]\n";
}

std::string test_puzzles_text(const std::vector<ArcGroup>& groups) {
  std::string text = "{";
  for (const ArcGroup& group : groups) {
    if (group.role != ArcRole::kEvaluation) continue;
    if (text.size() > 1) text += ", ";
    append_json_text(text, group.task->name);
    text += ": " + printable(to_json(*group.task));
  }
  return text + "}\n";
}

Json provenance_of(const ArcBuildOptions& options, const ArcBuildReport& report) {
  Json sources = Json::array();
  for (const auto& source : report.sources)
    sources.push_back({{"source", std::filesystem::path(source.path).filename().string()},
                       {"role", source.role == ArcRole::kTraining ? "training" : "evaluation"},
                       {"tasks", source.tasks},
                       {"too_large", source.too_large}});
  const bool variant = options.variants.identifiers == ArcIdentifiers::kVariant;
  return {{"made_by", options.command},
          {"sources", std::move(sources)},
          {"training_tasks", report.training_tasks},
          {"evaluation_tasks", report.evaluation_tasks},
          {"leaking_evaluation_tasks", report.leaking_tasks},
          {"still_leaking", report.still_leaking},
          {"dropped_training_tasks", report.dropped},
          {"identifiers", variant ? "variant" : "task"},
          {"variants", {{"count", options.variants.count}, {"seed", options.variants.seed}}}};
}

void check(const ArcBuildOptions& options) {
  if (options.side < 1 || options.side > kArcSide)
    throw bad_input(kInArcBuild, "--max-grid {}: expected 1 to {}", options.side, kArcSide);
  const bool task = options.variants.identifiers == ArcIdentifiers::kTask;
  const uint64_t most = task ? kDihedrals - 1 : 1'000'000;
  if (options.variants.count > most)
    throw bad_input(kInArcBuild, "--variants {}: at most {}{}", options.variants.count, most,
                    task ? " with --identifiers task, the symmetries of a grid besides itself" : "");
}

}  // namespace

EnumNames<ArcIdentifiers> enum_names(ArcIdentifiers) {
  static constexpr std::pair<ArcIdentifiers, std::string_view> kNames[] = {{ArcIdentifiers::kVariant, "variant"},
                                                                           {ArcIdentifiers::kTask, "task"}};
  return kNames;
}

std::vector<ArcMap> draw_arc_variants(const ArcTask& task, const ArcVariantOptions& options) {
  const std::vector<ArcPair> pairs = task.all();
  std::vector<ArcMap> maps = {ArcMap()};
  std::unordered_set<uint64_t> seen = {fingerprint(pairs, maps.front())};
  const auto offer = [&](const ArcMap& map) {
    if (maps.size() <= options.count && seen.insert(fingerprint(pairs, map)).second) maps.push_back(map);
  };
  if (options.identifiers == ArcIdentifiers::kTask) {
    for (int id = 1; id < kDihedrals; ++id) offer({.dihedral = id});
    return maps;
  }
  Rng rng(options.seed, {kVariants, name_seed(task.name)});
  for (uint64_t tries = 0; tries < kTriesPerVariant * options.count && maps.size() <= options.count; ++tries) {
    if (interrupted()) break;
    offer(ArcMap::draw(rng));
  }
  return maps;
}

ArcBuildReport build_arc_dataset(const ArcBuildOptions& options) {
  check(options);
  ArcBuildReport report;
  ArcReading reading = read_arc_sources(options.sources, {.skip_bad = options.skip_bad});
  report.skipped = std::move(reading.skipped);
  report.repeated = reading.repeated;
  Collected collected = collect(reading, options, report);
  report_leaks(collected, options, report);
  if (collected.tasks.empty())
    throw bad_input(kInArcBuild, "{}: no task is left to write{}", options.out.string(),
                    options.side < kArcSide ? fmt::format("; none fits --max-grid {}", options.side) : "");

  FolderTransaction folder(options.out, options.replace);
  const std::vector<ArcGroup> groups = draw_groups(collected, options);
  for (const ArcGroup& group : groups) {
    ++(group.role == ArcRole::kTraining ? report.training_tasks : report.evaluation_tasks);
    report.short_of_variants += group.maps.size() <= options.variants.count;
    report.identifiers = std::max(report.identifiers, group.first_identifier + static_cast<int64_t>(group.maps.size()));
  }
  const ArcRowOptions rows{.side = options.side,
                           .seed = options.variants.seed,
                           .identifiers = report.identifiers,
                           .threads = options.threads};
  report.train = write_arc_split(folder.path(), "train", groups, rows);
  if (report.evaluation_tasks > 0) report.test = write_arc_split(folder.path(), "test", groups, rows);
  write_file_atomic(folder.path() / kIdentifiersFile, identifiers_text(groups, options.names));
  if (report.evaluation_tasks > 0) write_file_atomic(folder.path() / kTestPuzzlesFile, test_puzzles_text(groups));
  write_json(folder.path() / kDescriptionFile,
             {{"family", make_arc(options.side, "")->describe()}, {"provenance", provenance_of(options, report)}});
  folder.commit();
  return report;
}

}  // namespace hrm::puzzles
