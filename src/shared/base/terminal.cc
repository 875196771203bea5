#include "base/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <tuple>
#include <utility>

#include "base/files.h"
#include "base/utf8.h"

namespace hrm {
namespace {

constexpr char kEscape = '\x1b';
constexpr size_t kLongestStyle = 24;  // "\x1b[38;2;255;255;255;48;5m"

// Reorders the letters after it: what is seen is then not what is there.
bool turns_direction(char32_t c) { return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069); }

void append_visible(std::string& to, std::string_view bytes, const CodePoint& point, LineBreaks breaks) {
  const char32_t c = point.value;
  if (!point.valid)
    for (const char byte : bytes) to += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
  else if (c == '\n' && breaks == LineBreaks::kShow)
    to += "\\n";
  else if (c == '\r')
    to += "\\r";
  else if ((c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c < 0xA0))
    to += fmt::format("\\x{:02x}", static_cast<uint32_t>(c));
  else if (turns_direction(c))
    to += fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
  else
    to += bytes;
}

// Of "\x1b[...m" at the start of the text: its bytes; 0 where it is not one; npos where it may become one.
size_t style_size(std::string_view text) {
  if (text[0] != kEscape) return 0;
  for (size_t i = 1; i < std::min(text.size(), kLongestStyle); ++i) {
    if (i == 1 ? text[i] != '[' : text[i] != ';' && (text[i] < '0' || text[i] > '9'))
      return i > 1 && text[i] == 'm' ? i + 1 : 0;
  }
  return text.size() < kLongestStyle ? std::string_view::npos : 0;
}

// More bytes could make this faulty end a character.
bool may_continue(std::string_view end) {
  return end.size() < 4 && static_cast<unsigned char>(end[0]) >= 0xC2 && decode_utf8(end).size == end.size();
}

TerminalFilter output_filter;
bool output_is_filtered = false;

ssize_t write_filtered(void*, const char* bytes, size_t size) {
  return write_all(STDOUT_FILENO, output_filter.feed({bytes, size})) ? static_cast<ssize_t>(size) : 0;
}

}  // namespace

std::string visible_text(std::string_view text, LineBreaks breaks) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    append_visible(shown, text.substr(0, point.size), point, breaks);
    text.remove_prefix(point.size);
  }
  return shown;
}

std::string TerminalFilter::feed(std::string_view piece) {
  const std::string all = std::exchange(held_, {}).append(piece);
  std::string shown;
  for (std::string_view text = all; !text.empty();) {
    const size_t style = styles_ ? style_size(text) : 0;
    const CodePoint point = decode_utf8(text);
    if (style == std::string_view::npos || (!point.valid && point.size == text.size() && may_continue(text))) {
      held_ = text;
      break;
    }
    const size_t size = style > 0 ? style : point.size;
    if (style > 0)
      shown += text.substr(0, size);
    else
      append_visible(shown, text.substr(0, size), point, LineBreaks::kKeep);
    text.remove_prefix(size);
  }
  return shown;
}

std::string TerminalFilter::finish() { return visible_text(std::exchange(held_, {})); }

void write_standard_error(std::string_view bytes) { write_all(STDERR_FILENO, bytes); }

void write_message(std::string_view line) { write_standard_error(visible_text(line, LineBreaks::kShow) + "\n"); }

void prepare_standard_streams() {
  // In this order: open() gives the lowest free number. Read-only for writing and the reverse, so that every use fails;
  // messages alone go nowhere without a fault.
  constexpr std::pair<int, int> kStreams[] = {
      {STDIN_FILENO, O_WRONLY}, {STDOUT_FILENO, O_RDONLY}, {STDERR_FILENO, O_RDWR}};
  for (const auto& [fd, mode] : kStreams)
    if (::fcntl(fd, F_GETFD) < 0) std::ignore = ::open("/dev/null", mode);
  std::signal(SIGPIPE, SIG_IGN);
}

void filter_standard_output() {
  if (!::isatty(STDOUT_FILENO)) return;
  std::fflush(stdout);
  std::FILE* filtered =
      ::fopencookie(nullptr, "w", {.read = nullptr, .write = write_filtered, .seek = nullptr, .close = nullptr});
  if (!filtered) return;
  std::setvbuf(filtered, nullptr, _IOLBF, BUFSIZ);
  stdout = filtered;
  output_is_filtered = true;
}

void pass_output_styles() { output_filter.pass_styles(); }

OutputEnd finish_standard_output() {
  bool written = std::fflush(stdout) == 0 && !std::ferror(stdout);
  if (output_is_filtered) written = write_all(STDOUT_FILENO, output_filter.finish()) && written;
  if (written) return OutputEnd::kWritten;
  pollfd output{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  const bool gone = ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR);
  return gone ? OutputEnd::kReaderGone : OutputEnd::kFailed;
}

}  // namespace hrm
