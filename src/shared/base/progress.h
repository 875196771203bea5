// A progress bar with rate and time left on standard error: a live line on a terminal, a plain line every
// `plain_interval` seconds otherwise, nothing at all for work that ends within two seconds.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace hrm {

class Progress {
 public:
  struct Options {
    std::string unit = "items";
    double quiet_seconds = 2;    // shown only after this long
    double plain_interval = 10;  // seconds between plain lines
    bool enabled = true;
    uint64_t start = 0;              // work already done before (a resumed run): excluded from the rate
    double most_seconds = INFINITY;  // the work ends then, done or not: no more time is shown as left
  };

  Progress(std::string title, uint64_t total) : Progress(std::move(title), total, Options()) {}
  Progress(std::string title, uint64_t total, Options options);
  ~Progress();  // ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // done: items finished so far, at most total. note: short text shown after the bar ("loss 0.12").
  void update(uint64_t done, std::string_view note = {});
  // Prints a line without tearing the bar.
  void print(std::string_view line);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(uint64_t done, std::string_view note);

  std::string title_;
  uint64_t total_, done_;
  Options options_;
  bool terminal_, drawn_ = false;
  Clock::time_point begin_, last_;
};

// "1h 02m", "3m 20s", "12.4s".
std::string format_duration(double seconds);

}  // namespace hrm
