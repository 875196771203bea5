// The tree store: an append-only log (formats/record_log.h) of settings, problems and the result of each request. It is
// never rewritten, so a kill costs at most the record that was being written, and damage only the records it hits.
//
// A tree is the union of its requests, whatever their order in the file. The children of a node are ordered by (round,
// seed, content), identical requests count once, and the multiplicities of a node in several requests are added. A node
// without children whose expansion is not in the store is `unfinished` unless it is terminal. Requests below a node that
// is missing (its record was damaged) are orphans: they are left out of the tree and join it again once the node is
// back.
//
// Every record goes to the system at once: it survives the end of the process. sync() brings it to the disk; growth
// does that every ten seconds and at its end.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/files.h"
#include "formats/record_log.h"
#include "tree/store_record.h"

namespace hrm::tree {

struct StoredProblem {
  int64_t position = 0;
  steps::Problem problem;
  steps::NodeId root;
  std::vector<uint64_t> requests;  // where their payloads begin in the file
};

// The contents of a store, without the texts of its trees.
struct StoreContents {
  std::vector<Json> settings;                             // in the order of the file
  std::vector<StoredProblem> problems;                    // by (position, root)
  std::map<steps::NodeId, std::vector<uint64_t>> strays;  // requests of problems whose record is missing
  uint64_t unreadable = 0;                                // records with a sound checksum and another content
  RecordLogReport report;
};

// The cost of the requests of a tree, as counted by the policy. Tokens as double: a foreign file may claim any number.
struct Spent {
  uint64_t requests = 0;
  double prompt_tokens = 0, tokens = 0;
};

// A tree, its price, and what could not be put into it.
struct BuiltTree {
  steps::Tree tree;
  Spent spent;
  uint64_t orphan_requests = 0, orphan_samples = 0;
};
BuiltTree build_tree(const steps::Problem& problem, std::vector<RequestRecord> requests);

// The requests that would have produced the tree, for storing imported ones.
std::vector<RequestRecord> requests_of(const steps::Tree& tree);

// Whether the file begins as a store does; false for one that cannot be read.
bool is_store(const std::filesystem::path& path);

// A store opened for reading. Threads may share it.
class StoreReader {
 public:
  // Warns of damage. Throws bad_input for a missing file and one of another kind.
  explicit StoreReader(const std::filesystem::path& path);
  const StoreContents& contents() const { return contents_; }
  // REQUIRES: problem < contents().problems.size().
  BuiltTree load(size_t problem) const;
  std::span<const std::byte> bytes() const { return file_.bytes(); }
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  MappedFile file_;
  StoreContents contents_;
};

// The same from bytes in memory. Throws bad_input naming source.
StoreContents read_store(std::span<const std::byte> bytes, std::string_view source);

// A store opened for appending, by one process at a time and any number of its threads.
class StoreWriter {
 public:
  // Opens or creates the file, removes an incomplete record and warns of damage. Throws bad_input if another process
  // writes it and for files of another kind.
  explicit StoreWriter(const std::filesystem::path& path);
  const StoreContents& contents() const { return contents_; }

  // The stored requests of a problem; empty for one that is new.
  std::vector<RequestRecord> requests(const steps::NodeId& root) const;
  bool holds(const steps::NodeId& root) const { return places_.contains(root); }

  // Throw failure on a full disk; the store stays readable.
  void append(const SettingsRecord& record) { append_bytes(encode(record)); }
  void append(const steps::ProblemRecord& record);
  void append(const RequestRecord& request) { append_bytes(encode(request)); }
  void sync() { log_->sync(); }

 private:
  void append_bytes(const std::string& payload);

  StoreContents contents_;
  std::map<steps::NodeId, std::vector<uint64_t>> places_;  // as opened
  std::unique_ptr<RecordLog> log_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point synced_ = std::chrono::steady_clock::now();
};

// Positions in StoreReader::contents().problems: all, or the one with that id or, if no problem has it, at that
// position. Throws bad_input if there is none.
std::vector<size_t> chosen_problems(const StoreReader& store, const std::string& problem);

// Merges stores by content into a new file. The bytes do not depend on the order of the inputs, and merging a result
// with its inputs gives the same bytes again. Returns what the result holds. Throws bad_input if out exists.
StoreContents merge_stores(const std::vector<std::filesystem::path>& inputs, const std::filesystem::path& out);

}  // namespace hrm::tree
