#include "formats/bytes.h"
#include "formats/testing/fuzz.h"
#include "tree/store.h"

// A store from anywhere; where the first bytes are not its kind, the input is one record.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    using namespace hrm::tree;
    if (const auto record = decode_record(bytes))
      if (const auto* request = std::get_if<RequestRecord>(&*record)) {
        const std::string again = encode(*request);
        hrm::fuzz_require(std::ranges::equal(std::as_bytes(std::span(again)), bytes));
        const BuiltTree built = build_tree({"p", "q", "g"}, {*request, *request});
        hrm::fuzz_require(!built.tree.nodes.empty());
      }
    const StoreContents contents = read_store(bytes, "fuzz");
    for (const StoredProblem& problem : contents.problems) {
      std::vector<RequestRecord> requests;
      for (const uint64_t at : problem.requests)
        if (auto record = decode_record(bytes.subspan(at, hrm::load_le<uint32_t>(bytes, at - 4))))
          if (auto* request = std::get_if<RequestRecord>(&*record)) requests.push_back(*request);
      build_tree(problem.problem, std::move(requests));
    }
  });
}
