#include "tree/store.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/log.h"
#include "formats/bytes.h"

namespace hrm::tree {
namespace {

constexpr auto kSyncInterval = std::chrono::seconds(10);

struct HashId {
  size_t operator()(const steps::NodeId& id) const { return static_cast<size_t>(id.low); }
};

// Sorts records into contents as they come, in any order.
class Collecting {
 public:
  void operator()(std::span<const std::byte> payload, uint64_t at) {
    if (const auto root = decode_root(payload)) {
      requests_[*root].push_back(at);
      return;
    }
    const auto record = decode_record(payload);
    if (!record) {
      ++contents_.unreadable;
    } else if (const auto* settings = std::get_if<SettingsRecord>(&*record)) {
      contents_.settings.push_back(settings->settings);
    } else if (const auto* problem = std::get_if<steps::ProblemRecord>(&*record)) {
      const steps::NodeId root = root_id(problem->problem);
      const auto [known, fresh] =
          problems_.try_emplace(root, StoredProblem{problem->position, problem->problem, root, {}});
      if (!fresh) known->second.position = std::min(known->second.position, problem->position);
    }
  }

  StoreContents finish(RecordLogReport report) {
    contents_.report = std::move(report);
    for (auto& [root, problem] : problems_) {
      if (const auto at = requests_.find(root); at != requests_.end()) {
        problem.requests = std::move(at->second);
        requests_.erase(at);
      }
      contents_.problems.push_back(std::move(problem));
    }
    std::ranges::stable_sort(contents_.problems, {}, &StoredProblem::position);
    for (auto& [root, places] : requests_) contents_.strays.emplace(root, std::move(places));
    return std::move(contents_);
  }

 private:
  StoreContents contents_;
  std::map<steps::NodeId, StoredProblem> problems_;
  std::unordered_map<steps::NodeId, std::vector<uint64_t>, HashId> requests_;
};

void warn(const StoreContents& contents, const std::filesystem::path& path, bool mended = false) {
  const RecordLogReport& report = contents.report;
  if (report.damaged_places > 0)
    log_warning("{}: {} damaged places ({} bytes, the first at byte {}) are skipped; hrm tree check lists them",
                path.string(), report.damaged_places, report.damaged_bytes, report.places.front().at);
  if (report.torn)
    log_warning("{}: ends within a record, at byte {}: {}", path.string(), report.whole_bytes,
                mended ? "that record was removed" : "what followed is missing; hrm tree check reports what");
  if (contents.unreadable > 0)
    log_warning("{}: {} records of an unknown kind are left out", path.string(), contents.unreadable);
  if (!contents.strays.empty())
    log_warning("{}: the problems of {} trees are missing; their nodes are left out", path.string(),
                contents.strays.size());
}

class Building {
 public:
  Building(const steps::Problem& problem, std::vector<RequestRecord> requests) : requests_(std::move(requests)) {
    built_.tree.problem = problem;
    built_.tree.nodes.push_back(steps::Node{.id = root_id(problem)});
  }

  BuiltTree run() {
    sort_requests();
    size_t used = 0, used_samples = 0;
    for (size_t i = 0; i < built_.tree.nodes.size(); ++i) {
      const auto [first, last] = std::ranges::equal_range(order_, built_.tree.nodes[i].id, {},
                                                          [this](size_t at) { return requests_[at].node; });
      bool expanded = false;
      for (auto at = first; at != last; ++at) {
        RequestRecord& request = requests_[*at];
        ++used;
        used_samples += request.samples.size();
        pay(request);
        expanded |= request.kind == steps::RequestKind::kExpansion;
        if (request.kind == steps::RequestKind::kExpansion)
          add_children(i, request);
        else
          add_rollouts(i, request);
      }
      steps::Node& node = built_.tree.nodes[i];
      node.unfinished = !expanded && !node.terminal;
    }
    built_.orphan_requests = order_.size() - used;
    built_.orphan_samples = samples_ - used_samples;
    return std::move(built_);
  }

 private:
  // By node, and within it in an order that depends on contents alone; identical ones once.
  void sort_requests() {
    std::vector<std::string> bytes(requests_.size());
    for (size_t i = 0; i < requests_.size(); ++i) order_.push_back(i);
    const auto key = [this](size_t i) {
      const RequestRecord& b = requests_[i];
      return std::tuple(b.node, b.kind, b.round, b.seed);
    };
    const auto content = [&](size_t i) -> const std::string& {
      if (bytes[i].empty()) bytes[i] = encode(requests_[i]);
      return bytes[i];
    };
    std::ranges::sort(order_, [&](size_t a, size_t b) {
      const auto x = key(a), y = key(b);
      return x != y ? x < y : a != b && content(a) < content(b);
    });
    const auto same = [&](size_t a, size_t b) { return key(a) == key(b) && content(a) == content(b); };
    const auto rest = std::ranges::unique(order_, same);
    order_.erase(rest.begin(), rest.end());
    for (const size_t i : order_) samples_ += requests_[i].samples.size();
  }

  void pay(const RequestRecord& request) {
    if (request.round >= kAdoptedRounds) return;
    ++built_.spent.requests;
    built_.spent.prompt_tokens += static_cast<double>(request.prompt_tokens);
    for (const Sample& sample : request.samples)
      built_.spent.tokens += static_cast<double>(sample.tokens) * sample.multiplicity;
  }

  void add_children(size_t parent, RequestRecord& request) {
    std::vector<steps::Node>& nodes = built_.tree.nodes;
    for (Sample& sample : request.samples) {
      const steps::NodeId id = child_id(nodes[parent].id, sample.ordinal, sample.text);
      const auto same = std::ranges::find_if(nodes[parent].children,
                                             [&](int32_t child) { return nodes[static_cast<size_t>(child)].id == id; });
      if (same != nodes[parent].children.end()) {
        int32_t& times = nodes[static_cast<size_t>(*same)].multiplicity;
        if (__builtin_add_overflow(times, sample.multiplicity, &times)) times = std::numeric_limits<int32_t>::max();
        continue;
      }
      nodes[parent].children.push_back(static_cast<int32_t>(nodes.size()));
      nodes.push_back({.id = id,
                       .parent = static_cast<int32_t>(parent),
                       .depth = nodes[parent].depth + 1,
                       .ordinal = sample.ordinal,
                       .tokens = sample.tokens,
                       .multiplicity = sample.multiplicity,
                       .terminal = sample.terminal,
                       .sentinel = sample.sentinel,
                       .text = std::move(sample.text),
                       .answer = std::move(sample.answer)});
    }
  }

  void add_rollouts(size_t node, RequestRecord& request) {
    for (Sample& sample : request.samples)
      built_.tree.rollouts.push_back({.node = static_cast<int32_t>(node),
                                      .seed = request.seed,
                                      .tokens = sample.tokens,
                                      .text = std::move(sample.text),
                                      .answer = std::move(sample.answer)});
  }

  BuiltTree built_;
  std::vector<RequestRecord> requests_;
  std::vector<size_t> order_;
  size_t samples_ = 0;
};

void add_request(std::vector<RequestRecord>& to, std::optional<StoreRecord> record) {
  if (record)
    if (auto* request = std::get_if<RequestRecord>(&*record)) to.push_back(std::move(*request));
}

// The record at a place that a sound reading found.
std::span<const std::byte> payload_at(std::span<const std::byte> file, uint64_t at) {
  return file.subspan(at, load_le<uint32_t>(file, at - sizeof(uint32_t)));
}

Sample sample_of(const steps::Node& node) {
  return {.ordinal = node.ordinal,
          .tokens = node.tokens,
          .multiplicity = node.multiplicity,
          .terminal = node.terminal,
          .sentinel = node.sentinel,
          .text = node.text,
          .answer = node.answer};
}

}  // namespace

BuiltTree build_tree(const steps::Problem& problem, std::vector<RequestRecord> requests) {
  return Building(problem, std::move(requests)).run();
}

std::vector<RequestRecord> requests_of(const steps::Tree& tree) {
  std::vector<RequestRecord> requests;
  const steps::NodeId root = root_id(tree.problem);
  for (const steps::Node& node : tree.nodes) {
    if (node.unfinished && node.children.empty()) continue;
    if (node.children.empty() && node.terminal) continue;
    RequestRecord& request =
        requests.emplace_back(RequestRecord{.root = root, .node = node.id});  // empty: expanded, and nothing came
    for (const int32_t child : node.children)
      request.samples.push_back(sample_of(tree.nodes[static_cast<size_t>(child)]));
  }
  for (size_t i = 0; i < tree.rollouts.size(); ++i) {
    const steps::Rollout& rollout = tree.rollouts[i];
    const steps::NodeId node = tree.nodes[static_cast<size_t>(rollout.node)].id;
    const bool same =
        !requests.empty() && requests.back().kind == steps::RequestKind::kRollouts && requests.back().node == node;
    if (!same || requests.back().seed != rollout.seed)
      requests.push_back({.kind = steps::RequestKind::kRollouts,
                          .root = root,
                          .node = node,
                          .round = same ? requests.back().round + 1 : 0,
                          .seed = rollout.seed});
    requests.back().samples.push_back({.tokens = rollout.tokens, .text = rollout.text, .answer = rollout.answer});
  }
  return requests;
}

StoreContents read_store(std::span<const std::byte> bytes, std::string_view source) {
  Collecting collecting;
  auto report = read_record_log(bytes, kStoreKind, source, std::ref(collecting));
  return collecting.finish(std::move(report));
}

bool is_store(const std::filesystem::path& path) {
  std::string magic(kStoreKind.size(), '\0');
  std::error_code error;  // a pipe must not lose its first bytes
  return std::filesystem::is_regular_file(path, error) &&
         std::ifstream(path, std::ios::binary).read(magic.data(), static_cast<std::streamsize>(magic.size())) &&
         magic == kStoreKind;
}

StoreReader::StoreReader(const std::filesystem::path& path)
    : file_(path), contents_(read_store(file_.bytes(), path.string())) {
  warn(contents_, path);
}

BuiltTree StoreReader::load(size_t problem) const {
  const StoredProblem& stored = contents_.problems[problem];
  std::vector<RequestRecord> requests;
  requests.reserve(stored.requests.size());
  for (const uint64_t at : stored.requests) add_request(requests, decode_record(payload_at(file_.bytes(), at)));
  return build_tree(stored.problem, std::move(requests));
}

StoreWriter::StoreWriter(const std::filesystem::path& path) {
  Collecting collecting;
  log_ = std::make_unique<RecordLog>(path, kStoreKind, std::ref(collecting));
  contents_ = collecting.finish(log_->report());
  for (const StoredProblem& problem : contents_.problems) places_[problem.root] = problem.requests;
  warn(contents_, path, /*mended=*/true);
}

std::vector<RequestRecord> StoreWriter::requests(const steps::NodeId& root) const {
  std::vector<RequestRecord> requests;
  const auto add_all = [&](const std::vector<uint64_t>& places) {
    for (const uint64_t at : places) {
      const std::string payload = log_->read(at);
      add_request(requests, decode_record(bytes_of(payload)));
    }
  };
  if (const auto at = places_.find(root); at != places_.end()) add_all(at->second);
  if (const auto at = contents_.strays.find(root); at != contents_.strays.end()) add_all(at->second);
  return requests;
}

void StoreWriter::append(const steps::ProblemRecord& record) {
  append_bytes(encode(record));
  places_.try_emplace(root_id(record.problem));
}

void StoreWriter::append_bytes(const std::string& payload) {
  log_->append(bytes_of(payload));
  const std::lock_guard lock(mutex_);
  if (std::chrono::steady_clock::now() - synced_ < kSyncInterval) return;
  log_->sync();
  synced_ = std::chrono::steady_clock::now();
}

StoreContents merge_stores(const std::vector<std::filesystem::path>& inputs, const std::filesystem::path& out) {
  if (std::filesystem::exists(out)) throw bad_input("tree.merge", "{}: exists already; name a new file", out.string());
  std::vector<std::unique_ptr<StoreReader>> stores;
  std::set<std::string> settings;
  std::map<steps::NodeId, steps::ProblemRecord> problems;
  std::map<steps::NodeId, std::set<std::string_view>> requests;  // payloads, whatever their place
  for (const auto& path : inputs) {
    const StoreReader& store = *stores.emplace_back(std::make_unique<StoreReader>(path));
    for (const Json& json : store.contents().settings) settings.insert(encode(SettingsRecord{json}));
    const auto add = [&](const steps::NodeId& root, const std::vector<uint64_t>& places) {
      for (const uint64_t at : places) requests[root].insert(as_text(payload_at(store.bytes(), at)));
    };
    for (const StoredProblem& stored : store.contents().problems) {
      const auto [at, fresh] = problems.try_emplace(stored.root, steps::ProblemRecord{stored.position, stored.problem});
      if (!fresh) at->second.position = std::min(at->second.position, stored.position);
      add(stored.root, stored.requests);
    }
    for (const auto& [root, places] : store.contents().strays) add(root, places);
  }
  std::filesystem::path part = out;
  part += ".part";
  std::filesystem::remove(part);
  try {
    RecordLog log(part, kStoreKind, [](std::span<const std::byte>, uint64_t) {});
    for (const std::string& payload : settings) log.append(bytes_of(payload));
    for (const auto& [root, problem] : problems) log.append(bytes_of(encode(problem)));
    for (const auto& [root, payloads] : requests)
      for (const std::string_view payload : payloads) log.append(bytes_of(payload));
    log.sync();
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);  // a full disk does not stay full of what nobody can use
    throw;
  }
  rename_durable(part, out);
  return StoreReader(out).contents();
}

std::vector<size_t> chosen_problems(const StoreReader& store, const std::string& problem) {
  const auto& problems = store.contents().problems;
  std::vector<size_t> chosen;
  for (size_t i = 0; i < problems.size(); ++i)
    if (problem.empty() || problems[i].problem.id == problem) chosen.push_back(i);
  if (!chosen.empty() || problem.empty()) return chosen;
  size_t position = 0;
  const char* end = problem.data() + problem.size();
  if (std::from_chars(problem.data(), end, position).ptr == end && position < problems.size()) return {position};
  throw bad_input("tree.store", "--problem {}: {} holds {} problems, none with that id or position", problem,
                  store.path().string(), problems.size());
}

}  // namespace hrm::tree
