#include "formats/tensorboard.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace hrm {
namespace {

// An independent decoder: plain protocol buffer rules, and CRC-32C bit by bit.
struct Message {
  std::map<int, std::vector<std::string>> fields;  // payloads by field number; numbers as their bytes
};

uint64_t read_varint(std::string_view& text) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(text.at(0));
    text.remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
}

Message decode(std::string_view text) {
  Message message;
  while (!text.empty()) {
    const uint64_t key = read_varint(text);
    size_t size = 0;
    switch (key & 7) {
      case 0: {
        const uint64_t value = read_varint(text);
        message.fields[static_cast<int>(key >> 3)].push_back(std::to_string(value));
        continue;
      }
      case 1:
        size = 8;
        break;
      case 2:
        size = read_varint(text);
        break;
      case 5:
        size = 4;
        break;
      default:
        ADD_FAILURE() << "wire type " << (key & 7);
        return message;
    }
    message.fields[static_cast<int>(key >> 3)].emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return message;
}

uint32_t masked_crc(std::string_view bytes) {
  uint32_t r = ~0u;
  for (char c : bytes) {
    r ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) r = (r >> 1) ^ ((r & 1) ? 0x82f63b78u : 0);
  }
  r = ~r;
  return ((r >> 15) | (r << 17)) + 0xa282ead8u;
}

template <typename T>
T number(std::string_view bytes) {
  T value;
  EXPECT_EQ(bytes.size(), sizeof value);
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::vector<Message> read_events(const std::filesystem::path& path) {
  const std::string file = read_file(path);
  std::string_view rest = file;
  std::vector<Message> events;
  while (!rest.empty()) {
    const auto size = number<uint64_t>(rest.substr(0, 8));
    EXPECT_EQ(number<uint32_t>(rest.substr(8, 4)), masked_crc(rest.substr(0, 8)));
    EXPECT_EQ(number<uint32_t>(rest.substr(12 + size, 4)), masked_crc(rest.substr(12, size)));
    events.push_back(decode(rest.substr(12, size)));
    rest.remove_prefix(16 + size);
  }
  return events;
}

TEST(Tensorboard, ScalarsDecode) {
  const TemporaryFolder folder;
  EventWriter writer(folder.path() / "run");
  EXPECT_TRUE(writer.path().filename().string().starts_with("events.out.tfevents."));
  writer.scalar("train/loss", 3, 0.25);
  writer.scalar("lr", int64_t{1} << 40, 7e-5);
  writer.flush();
  const auto events = read_events(writer.path());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].fields.at(3)[0], "brain.Event:2");
  EXPECT_GT(number<double>(events[0].fields.at(1)[0]), 1.6e9);
  EXPECT_EQ(events[1].fields.at(2)[0], "3");
  const Message value = decode(decode(events[1].fields.at(5)[0]).fields.at(1)[0]);
  EXPECT_EQ(value.fields.at(1)[0], "train/loss");
  EXPECT_EQ(number<float>(value.fields.at(2)[0]), 0.25f);
  EXPECT_EQ(events[2].fields.at(2)[0], std::to_string(int64_t{1} << 40));
}

TEST(Tensorboard, AResumedRunWritesItsOwnFileAndSaysFromWhere) {
  const TemporaryFolder folder;
  EventWriter first(folder.path());
  const EventWriter second(folder.path(), 100);
  EXPECT_NE(first.path(), second.path());
  const auto events = read_events(second.path());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].fields.at(2)[0], "100");
  EXPECT_EQ(decode(events[1].fields.at(7)[0]).fields.at(1)[0], "1");  // SessionLog.START
  EXPECT_EQ(read_events(first.path()).size(), 1u);                    // untouched
}

TEST(Tensorboard, AFolderThatCannotBeIsAFailure) {
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "file", std::string_view("x"));
  EXPECT_THROW(EventWriter(folder.path() / "file"), Error);
}

}  // namespace
}  // namespace hrm
