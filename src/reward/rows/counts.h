// What became of the records of a conversion. Every dropped record is counted with its reason.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace hrm::rows {

struct ConversionCounts {
  uint64_t records = 0;                                  // read from the input
  uint64_t at = 0;                                       // the current record of the current file, from 0
  uint64_t solutions = 0;                                // that they hold; of a tree its paths to a leaf
  uint64_t written = 0;                                  // rows or records of the output
  std::string format, fields;                            // of the last file and the first record, for messages
  std::map<std::string, uint64_t, std::less<>> dropped;  // solutions, steps or rows left out, by reason
  std::map<std::string, uint64_t, std::less<>> noted;    // kept, but odd

  void drop(std::string_view reason, uint64_t n = 1) { add(dropped, reason, n); }
  void note(std::string_view reason, uint64_t n = 1) { add(noted, reason, n); }
  Json to_json() const {
    return {
        {"records", records}, {"solutions", solutions}, {"written", written}, {"dropped", dropped}, {"noted", noted}};
  }

 private:
  static void add(std::map<std::string, uint64_t, std::less<>>& to, std::string_view reason, uint64_t n) {
    if (n == 0) return;
    const auto at = to.find(reason);
    if (at == to.end())
      to.emplace(reason, n);
    else
      at->second += n;
  }
};

}  // namespace hrm::rows
