#include "base/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/terminal.h"

namespace hrm {
namespace {

constexpr int kBarWidth = 24;

int terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

double seconds_between(std::chrono::steady_clock::time_point a, std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

}  // namespace

std::string format_duration(double seconds) {
  const auto whole = static_cast<int64_t>(std::max(0.0, seconds) + 0.5);
  if (seconds < 59.95) return fmt::format("{:.1f}s", std::max(0.0, seconds));
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(std::string title, uint64_t total, Options options)
    : title_(std::move(title)),
      total_(total),
      done_(options.start),
      options_(std::move(options)),
      terminal_(isatty(STDERR_FILENO)),
      begin_(Clock::now()),
      last_(begin_) {}

Progress::~Progress() {
  if (!drawn_) return;
  draw(done_, "");
  if (terminal_) write_standard_error("\n");
}

void Progress::update(uint64_t done, std::string_view note) {
  done_ = std::min(done, total_);
  if (!options_.enabled) return;
  const auto now = Clock::now();
  if (seconds_between(begin_, now) < options_.quiet_seconds) return;
  if (drawn_ && seconds_between(last_, now) < (terminal_ ? 0.1 : options_.plain_interval)) return;
  last_ = now;
  draw(done_, note);
}

void Progress::draw(uint64_t done, std::string_view note) {
  const double elapsed = seconds_between(begin_, Clock::now());
  const double rate = elapsed > 0 ? static_cast<double>(done - std::min(done, options_.start)) / elapsed : 0;
  const double share = total_ ? static_cast<double>(done) / static_cast<double>(total_) : 1;
  std::string line = fmt::format("{} ", title_);
  if (terminal_) {
    const int filled = static_cast<int>(share * kBarWidth);
    line += '[';
    for (int i = 0; i < kBarWidth; ++i) line += i < filled ? '#' : '.';
    line += "] ";
  }
  line += fmt::format("{:.0f}% {}/{} {}, {:.4g}/s", share * 100, done, total_, options_.unit, rate);
  if (done < total_ && rate > 0)
    line += fmt::format(", {} left", format_duration(std::min(static_cast<double>(total_ - done) / rate,
                                                              options_.most_seconds - elapsed)));
  else
    line += fmt::format(", {}", format_duration(elapsed));
  if (!note.empty()) line += fmt::format("  {}", note);
  if (terminal_) {
    line.resize(std::min<size_t>(line.size(), static_cast<size_t>(terminal_width() - 1)));
    write_standard_error(fmt::format("\r{}\x1b[K", visible_text(line, LineBreaks::kShow)));
  } else {
    write_message(line);
  }
  drawn_ = true;
}

void Progress::print(std::string_view text) {
  if (terminal_ && drawn_) write_standard_error("\r\x1b[K");
  write_message(text);
}

}  // namespace hrm
