#include "formats/csv.h"

#include <sstream>

#include "formats/bytes.h"
#include "formats/testing/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return hrm::fuzz_reader(data, size, [](std::span<const std::byte> bytes) {
    // Records that were read and written read back the same.
    const auto reader = [](std::string text) {
      return hrm::CsvReader(std::make_unique<std::istringstream>(std::move(text)), "fuzz");
    };
    hrm::CsvReader rows = reader(std::string(hrm::as_text(bytes)));
    std::vector<std::vector<std::string>> records = {rows.header()};
    while (rows.next()) records.emplace_back(rows.fields().begin(), rows.fields().end());
    std::string text;
    for (const auto& record : records) hrm::append_csv_record(text, record);
    hrm::CsvReader again = reader(text);
    for (size_t i = 0; i < records.size(); ++i) {
      hrm::fuzz_require(i == 0 || again.next());
      hrm::fuzz_require(std::ranges::equal(i == 0 ? std::span(again.header()) : again.fields(), records[i]));
    }
    hrm::fuzz_require(!again.next());
  });
}
