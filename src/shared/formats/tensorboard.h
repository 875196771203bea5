// TensorBoard event files with scalars: TFRecord frames (length, masked CRC-32C, protocol buffer `Event`).
// docs/formats/tensorboard.md
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hrm {

// Every writer opens its own file in the folder (events.out.tfevents.<seconds>.<host>), as TensorBoard expects of a
// resumed run: files are shown as one run, nothing is ever appended to a file that a crash may have cut short.
class EventWriter {
 public:
  // resume_step: the first step that is going to be written again; TensorBoard then drops earlier points from there on.
  // Throws failure if the file cannot be created.
  explicit EventWriter(const std::filesystem::path& folder, std::optional<int64_t> resume_step = std::nullopt);

  // Buffered until flush() or destruction. Throws failure on a full disk.
  void scalar(std::string_view tag, int64_t step, double value);
  void flush();
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void write_event(const std::string& event);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace hrm
