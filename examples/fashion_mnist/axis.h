// An axis with round ticks.
#pragma once

#include <string>
#include <vector>

namespace fashion_mnist {

struct Axis {
  double low = 0;
  double high = 1;
  std::vector<double> ticks = {};        // within [low, high], rising
  std::vector<std::string> labels = {};  // one for each tick, all with the same number of decimals

  /// 0 at low, 1 at high.
  double position(double value) const { return (value - low) / (high - low); }
};

/// An axis from a tick to a tick that holds [low, high], its ticks 1, 2, 2.5 or 5 times a power of ten apart
/// and about `intervals` in number. An empty or single-valued range is widened.
Axis round_axis(double low, double high, int intervals);

/// An axis over the whole numbers [1, count], half a unit of room at both ends, at most about `most` ticks.
Axis counting_axis(int count, int most);

}  // namespace fashion_mnist
