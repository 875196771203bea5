#include "formats/tensorboard.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "base/error.h"
#include "formats/bytes.h"
#include "formats/checksum.h"

namespace hrm {
namespace {

// The fields of TensorFlow's event.proto and summary.proto that are written: number and wire type.
enum Field : uint8_t {
  kWallTime = 1 << 3 | 1,     // Event.wall_time, double
  kStep = 2 << 3 | 0,         // Event.step, varint
  kFileVersion = 3 << 3 | 2,  // Event.file_version, text
  kSummary = 5 << 3 | 2,      // Event.summary, message
  kSessionLog = 7 << 3 | 2,   // Event.session_log, message
  kValue = 1 << 3 | 2,        // Summary.value, message
  kTag = 1 << 3 | 2,          // Summary.Value.tag, text
  kSimpleValue = 2 << 3 | 5,  // Summary.Value.simple_value, float
  kStatus = 1 << 3 | 0,       // SessionLog.status, varint
};
constexpr uint8_t kStart = 1;  // SessionLog.START

void put_varint(std::string& to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

void put_text(std::string& to, Field field, std::string_view text) {
  to += static_cast<char>(field);
  put_varint(to, text.size());
  to += text;
}

template <typename T>
void put_number(std::string& to, Field field, T value) {
  to += static_cast<char>(field);
  append_le(to, value);
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// An event up to its content.
std::string event_at(int64_t step) {
  std::string event;
  put_number(event, kWallTime, now());
  event += static_cast<char>(kStep);
  put_varint(event, static_cast<uint64_t>(step));
  return event;
}

uint32_t masked(std::string_view bytes) { return std::rotr(crc32c(bytes_of(bytes)), 15) + 0xa282ead8u; }

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] ? name : "localhost";
}

}  // namespace

EventWriter::EventWriter(const std::filesystem::path& folder, std::optional<int64_t> resume_step) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string base = fmt::format("events.out.tfevents.{:010}.{}", static_cast<int64_t>(now()), host_name());
  int fd = -1;
  for (int i = 0; fd < 0; ++i) {  // a second writer within the same second gets another name
    path_ = folder / (i == 0 ? base : fmt::format("{}.{}", base, i));
    fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno != EEXIST)
      throw failure("tensorboard.write", "{}: cannot create: {}", path_.string(), std::strerror(errno));
  }
  file_.reset(::fdopen(fd, "wb"));
  std::string version;
  put_number(version, kWallTime, now());
  put_text(version, kFileVersion, "brain.Event:2");
  write_event(version);
  if (resume_step) {
    std::string event = event_at(*resume_step);
    put_text(event, kSessionLog, std::string{static_cast<char>(kStatus), static_cast<char>(kStart)});
    write_event(event);
  }
  flush();
}

void EventWriter::scalar(std::string_view tag, int64_t step, double value) {
  std::string entry, summary, event = event_at(step);
  put_text(entry, kTag, tag);
  put_number(entry, kSimpleValue, static_cast<float>(value));
  put_text(summary, kValue, entry);
  put_text(event, kSummary, summary);
  write_event(event);
}

// Frame: length u64, masked sum of the length u32, event, masked sum of the event u32.
void EventWriter::write_event(const std::string& event) {
  std::string frame;
  append_le(frame, static_cast<uint64_t>(event.size()));
  append_le(frame, masked(frame));
  frame += event;
  append_le(frame, masked(event));
  if (std::fwrite(frame.data(), 1, frame.size(), file_.get()) != frame.size())
    throw failure("tensorboard.write", "{}: {}", path_.string(), std::strerror(errno));
}

void EventWriter::flush() {
  if (std::fflush(file_.get()) != 0) throw failure("tensorboard.write", "{}: {}", path_.string(), std::strerror(errno));
}

}  // namespace hrm
