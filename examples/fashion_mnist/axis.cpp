#include "examples/fashion_mnist/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace fashion_mnist {
namespace {

struct Step {
  double size;
  int decimals;  // that write its multiples in full
};

// The smallest round step that is not below `least`.
Step round_step(double least) {
  const int exponent = static_cast<int>(std::floor(std::log10(least)));
  struct Mantissa {
    double value;
    int decimals;
  };
  constexpr std::array<Mantissa, 5> kMantissas = {{{1, 0}, {2, 0}, {2.5, 1}, {5, 0}, {10, -1}}};
  const double power = std::pow(10.0, exponent);
  const auto* chosen = std::find_if(kMantissas.begin(), kMantissas.end() - 1,
                                    [&](const Mantissa& m) { return m.value * power >= least * (1 - 1e-9); });
  return {chosen->value * power, std::max(0, chosen->decimals - exponent)};
}

}  // namespace

Axis round_axis(double low, double high, int intervals) {
  if (!(high > low)) {
    const double room = std::max(std::abs(low) * 0.1, 1e-3);
    low -= room;
    high += room;
  }
  const Step step = round_step((high - low) / intervals);
  // A hair of slack, or 0.3 / 0.1 would count as a little above 3.
  const auto first = static_cast<std::int64_t>(std::floor(low / step.size + 1e-9));
  const auto last = static_cast<std::int64_t>(std::ceil(high / step.size - 1e-9));
  Axis axis{.low = static_cast<double>(first) * step.size, .high = static_cast<double>(last) * step.size};
  for (std::int64_t i = first; i <= last; ++i) {
    axis.ticks.push_back(static_cast<double>(i) * step.size);
    axis.labels.push_back(fmt::format("{:.{}f}", axis.ticks.back(), step.decimals));
  }
  return axis;
}

Axis counting_axis(int count, int most) {
  const Step step = round_step(std::max(1.0, static_cast<double>(count) / most));
  // 2.5 is no whole number.
  const int every = static_cast<int>(std::ceil(step.size));
  Axis axis{.low = 0.5, .high = count + 0.5};
  for (int i = every; i <= count; i += every) {
    axis.ticks.push_back(i);
    axis.labels.push_back(std::to_string(i));
  }
  return axis;
}

}  // namespace fashion_mnist
