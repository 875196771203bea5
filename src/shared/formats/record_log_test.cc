#include "formats/record_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/rng.h"
#include "formats/bytes.h"

namespace hrm {
namespace {

constexpr std::string_view kKind = "TESTLOG1";

std::vector<std::string> records_of(std::string_view bytes, RecordLogReport* report = nullptr) {
  std::vector<std::string> found;
  const RecordLogReport seen = read_record_log(bytes_of(bytes), kKind, "test", [&](auto payload, uint64_t at) {
    EXPECT_EQ(bytes.substr(at, payload.size()), as_text(payload));
    found.emplace_back(as_text(payload));
  });
  if (report) *report = seen;
  EXPECT_EQ(seen.records, found.size());
  return found;
}

class RecordLogTest : public testing::Test {
 protected:
  std::string write(const std::vector<std::string>& records) const {
    RecordLog log(path_, kKind, [](auto, auto) {});
    for (const std::string& record : records) log.append(bytes_of(record));
    return read_file(path_);
  }
  void store(std::string_view bytes) const {
    std::filesystem::create_directories(path_.parent_path());
    std::ofstream(path_, std::ios::binary) << bytes;
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "deeper" / "a.log";
  const std::vector<std::string> records_ = {"one", "", std::string(3000, 'x'), std::string("\0\xbf\x52\x4c\x9d", 5),
                                             "five"};
};

TEST_F(RecordLogTest, ReadsBackWhatItAppended) {
  RecordLogReport report;
  EXPECT_EQ(records_of(write(records_), &report), records_);
  EXPECT_FALSE(report.torn);
  EXPECT_EQ(report.damaged_places, 0u);
  EXPECT_EQ(records_of(""), std::vector<std::string>());

  RecordLog log(path_, kKind, [](auto, auto) {});
  const uint64_t at = log.append(bytes_of("six"));
  EXPECT_EQ(log.read(at), "six");
  EXPECT_THROW(log.read(at + 1), Error);
}

TEST_F(RecordLogTest, EveryCutIsATornRecordThatTheNextWriterRemoves) {
  const std::string whole = write(records_);
  for (size_t size = 0; size < whole.size(); ++size) {
    if (size > 40 && size < whole.size() - 60) continue;
    store(whole.substr(0, size));
    std::vector<std::string> before;
    {
      RecordLog log(path_, kKind, [&](auto payload, auto) { before.emplace_back(as_text(payload)); });
      EXPECT_EQ(log.report().damaged_places, 0u) << size;
      log.append(bytes_of("more"));
    }
    EXPECT_LT(before.size(), records_.size());
    EXPECT_TRUE(std::equal(before.begin(), before.end(), records_.begin()));
    before.push_back("more");
    EXPECT_EQ(records_of(read_file(path_)), before) << size;
  }
}

TEST_F(RecordLogTest, DamageCostsOnlyTheRecordsThatItHits) {
  const std::string whole = write(records_);
  Rng rng(5);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = whole;
    const size_t at = 8 + rng.below(whole.size() - 8);
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << rng.below(8)));
    RecordLogReport report;
    const std::vector<std::string> found = records_of(damaged, &report);
    ASSERT_EQ(found.size(), records_.size() - 1) << at;
    EXPECT_EQ(report.damaged_places + report.torn, 1u) << at;
    for (const std::string& record : found) EXPECT_NE(std::ranges::find(records_, record), records_.end());
  }
}

TEST_F(RecordLogTest, RefusesOtherFilesAndASecondWriter) {
  store("{\"json\": 1}");
  EXPECT_THROW(RecordLog(path_, kKind, [](auto, auto) {}), Error);
  EXPECT_EQ(read_file(path_), "{\"json\": 1}");
  std::filesystem::remove(path_);
  const RecordLog first(path_, kKind, [](auto, auto) {});
  try {
    const RecordLog second(path_, kKind, [](auto, auto) {});
    FAIL() << "two writers";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("another process"), std::string::npos);
  }
}

TEST_F(RecordLogTest, AFullDiskIsAFailureAndTheLogStaysReadable) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "skipped: there is no /dev/full";
  std::filesystem::create_directories(path_.parent_path());
  std::filesystem::create_symlink("/dev/full", path_);
  EXPECT_THROW(RecordLog(path_, kKind, [](auto, auto) {}), Error);
}

TEST_F(RecordLogTest, ThreadsMayAppendAtOnce) {
  {
    RecordLog log(path_, kKind, [](auto, auto) {});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&log, t] {
        for (int i = 0; i < 200; ++i) {
          const std::string record = fmt::format("{}:{}", t, std::string(static_cast<size_t>(i), '.'));
          EXPECT_EQ(log.read(log.append(bytes_of(record))), record);
        }
      });
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(records_of(read_file(path_)).size(), 800u);
}

}  // namespace
}  // namespace hrm
