#include "text/bpe.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <limits>
#include <mutex>
#include <queue>
#include <tuple>

#include "base/error.h"
#include "base/utf8.h"

namespace hrm::text {
namespace {

constexpr uint32_t kNoRank = std::numeric_limits<uint32_t>::max();
constexpr size_t kShort = 32;        // symbols up to which looking at every pair is quicker than a queue
constexpr size_t kCachedBytes = 64;  // longest piece that is remembered
constexpr size_t kSlots = 1 << 15;   // pieces remembered
constexpr size_t kLocks = 64;

uint64_t pair_key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

// Open addressing over (left, right) -> (rank, result).
class Bpe::PairTable {
 public:
  struct Entry {
    uint64_t key = 0;
    uint32_t rank = kNoRank;  // kNoRank: the slot is free
    int32_t result = 0;
  };

  explicit PairTable(const std::vector<Merge>& merges)
      : entries_(std::bit_ceil(2 * merges.size() + 2)), shift_(64 - std::bit_width(entries_.size() - 1)) {
    for (size_t rank = 0; rank < merges.size(); ++rank) {
      const uint64_t key = pair_key(merges[rank].left, merges[rank].right);
      entries_[slot_of(key)] = {key, static_cast<uint32_t>(rank), merges[rank].result};
    }
  }

  // Its rank is kNoRank where the pair is never merged.
  const Entry& find(int32_t left, int32_t right) const { return entries_[slot_of(pair_key(left, right))]; }

 private:
  size_t slot_of(uint64_t key) const {
    size_t at = (key * 0x9e3779b97f4a7c15u ^ key >> 29) * 0xbf58476d1ce4e5b9u >> shift_;
    while (entries_[at].rank != kNoRank && entries_[at].key != key) at = (at + 1) & (entries_.size() - 1);
    return at;
  }

  std::vector<Entry> entries_;
  int shift_;
};

// One slot per hash value, the newest piece stays. A slot whose lock another thread holds is passed over.
class Bpe::Cache {
 public:
  bool append(size_t hash, std::string_view piece, std::vector<int32_t>& ids) {
    const std::unique_lock lock(locks_[hash % kLocks], std::try_to_lock);
    if (!lock) return false;
    const Slot& slot = slots_[hash % kSlots];
    if (slot.piece != piece) return false;
    ids.insert(ids.end(), slot.ids.begin(), slot.ids.end());
    return true;
  }
  void put(size_t hash, std::string_view piece, std::vector<int32_t>::const_iterator begin,
           std::vector<int32_t>::const_iterator end) {
    const std::unique_lock lock(locks_[hash % kLocks], std::try_to_lock);
    if (!lock) return;
    Slot& slot = slots_[hash % kSlots];
    slot.piece = piece;
    slot.ids.assign(begin, end);
  }

 private:
  struct Slot {
    std::string piece;  // empty: nothing yet, which no piece is
    std::vector<int32_t> ids;
  };
  static_assert(kSlots % kLocks == 0, "a slot has one lock");
  std::vector<Slot> slots_{kSlots};
  std::array<std::mutex, kLocks> locks_;
};

Bpe::Bpe(BpeSpec spec)
    : spec_(std::move(spec)), pairs_(std::make_unique<PairTable>(spec_.merges)), cache_(std::make_unique<Cache>()) {
  if (spec_.byte_ids.size() != 256) throw failure("text.Bpe", "{} byte ids, expected 256", spec_.byte_ids.size());
}
Bpe::~Bpe() = default;
Bpe::Bpe(Bpe&&) noexcept = default;
Bpe& Bpe::operator=(Bpe&&) noexcept = default;

void Bpe::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  if (piece.empty()) return;
  if (piece.size() > kCachedBytes) return encode_anew(piece, ids);
  const size_t hash = std::hash<std::string_view>()(piece);
  if (cache_->append(hash, piece, ids)) return;
  const auto before = static_cast<std::ptrdiff_t>(ids.size());
  encode_anew(piece, ids);
  cache_->put(hash, piece, ids.cbegin() + before, ids.cend());
}

void Bpe::encode_anew(std::string_view piece, std::vector<int32_t>& ids) const {
  if (!spec_.whole.empty())
    if (const auto found = spec_.whole.find(std::string(piece)); found != spec_.whole.end()) {
      ids.push_back(found->second);
      return;
    }
  thread_local std::vector<int32_t> symbols;
  symbols.clear();
  spec_.characters ? characters_to_symbols(piece, symbols) : to_symbols(piece, symbols);
  symbols.size() <= kShort ? merge_short(symbols) : merge_long(symbols);
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

void Bpe::to_symbols(std::string_view piece, std::vector<int32_t>& symbols) const {
  bool after_unknown = false;
  for (const char c : piece) {
    const int32_t id = spec_.byte_ids[static_cast<unsigned char>(c)];
    if (id >= 0)
      symbols.push_back(id);
    else if (spec_.unknown && !(spec_.fuse_unknown && after_unknown))
      symbols.push_back(*spec_.unknown);
    after_unknown = id < 0;
  }
}

void Bpe::characters_to_symbols(std::string_view piece, std::vector<int32_t>& symbols) const {
  bool after_unknown = false;
  for (size_t at = 0; at < piece.size();) {
    const CodePoint c = decode_utf8(piece.substr(at));
    const std::string_view bytes = piece.substr(at, c.size);
    at += c.size;
    const auto found = spec_.characters->find(c.value);
    const bool in_bytes = found == spec_.characters->end() && std::ranges::all_of(bytes, [&](char byte) {
                            return spec_.byte_ids[static_cast<unsigned char>(byte)] >= 0;
                          });
    const bool unknown = found == spec_.characters->end() && !in_bytes;
    if (in_bytes)
      to_symbols(bytes, symbols);
    else if (!unknown)
      symbols.push_back(found->second);
    else if (spec_.unknown && !(spec_.fuse_unknown && after_unknown))
      symbols.push_back(*spec_.unknown);
    after_unknown = unknown;
  }
}

// Each step looks at the ranks of all pairs, which are kept.
void Bpe::merge_short(std::vector<int32_t>& symbols) const {
  std::array<const PairTable::Entry*, kShort> pairs;
  size_t n = symbols.size();
  for (size_t i = 0; i + 1 < n; ++i) pairs[i] = &pairs_->find(symbols[i], symbols[i + 1]);
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; ++i)
      if (pairs[i]->rank < pairs[best]->rank) best = i;
    if (pairs[best]->rank == kNoRank) break;
    symbols[best] = pairs[best]->result;
    std::copy(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 2, symbols.begin() + static_cast<std::ptrdiff_t>(n),
              symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    --n;
    for (size_t i = best + 1; i + 1 < n; ++i) pairs[i] = pairs[i + 1];
    if (best > 0) pairs[best - 1] = &pairs_->find(symbols[best - 1], symbols[best]);
    if (best + 1 < n) pairs[best] = &pairs_->find(symbols[best], symbols[best + 1]);
  }
  symbols.resize(n);
}

// A linked list of symbols, and a queue of the pairs that can be merged; those that no longer stand are passed over.
void Bpe::merge_long(std::vector<int32_t>& symbols) const {
  constexpr int32_t kGone = -1;
  const size_t n = symbols.size();
  std::vector<size_t> next(n), previous(n);        // n: none
  using Candidate = std::tuple<uint32_t, size_t>;  // rank, place of the left symbol
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](size_t left) {
    if (left >= n || next[left] >= n) return;
    const uint32_t rank = pairs_->find(symbols[left], symbols[next[left]]).rank;
    if (rank != kNoRank) queue.emplace(rank, left);
  };
  for (size_t i = 0; i < n; ++i) {
    next[i] = i + 1;
    previous[i] = i > 0 ? i - 1 : n;
  }
  for (size_t i = 0; i < n; ++i) consider(i);
  while (!queue.empty()) {
    const auto [rank, left] = queue.top();
    queue.pop();
    if (symbols[left] == kGone || next[left] >= n) continue;
    const size_t right = next[left];
    const PairTable::Entry& pair = pairs_->find(symbols[left], symbols[right]);
    if (pair.rank != rank) continue;
    symbols[left] = pair.result;
    symbols[right] = kGone;
    next[left] = next[right];
    if (next[left] < n) previous[next[left]] = left;
    consider(left);
    consider(previous[left]);
  }
  std::erase(symbols, kGone);
}

}  // namespace hrm::text
