#include "training/sparkline.h"

#include <algorithm>
#include <cmath>

namespace hrm::training {

std::string sparkline(std::span<const double> values, size_t width) {
  constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double high = 0;
  for (double value : values)
    if (std::isfinite(value)) high = std::max(high, value);
  std::string line;
  for (double value : values.last(std::min(width, values.size()))) {
    if (!std::isfinite(value))
      line += ' ';
    else
      line += kBars[high > 0 ? std::clamp(static_cast<int>(std::lround(value / high * 7)), 0, 7) : 0];
  }
  return line;
}

}  // namespace hrm::training
