#include "sepal/models/step_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace sepal::frozen {

void StepTimes::add(const std::vector<double>& run) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < least_.size(); ++i)
    least_[i] = runs_ == 0 ? run[i] : std::min(least_[i], run[i]);
  ++runs_;
}

std::string StepTimes::str() const {
  const std::lock_guard lock(mutex_);
  const double total = std::accumulate(least_.begin(), least_.end(), 0.0);
  std::string text = fmt::format("sepal: least times of {} runs, {:.1f} us in all\n", runs_, total * 1e6);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto flop = 2 * static_cast<double>(rows_[i].multiply_adds);
    const std::string speed = flop > 0 ? fmt::format("{:6.1f} GFLOP/s", flop / least_[i] * 1e-9) : "";
    text += fmt::format("sepal: {:9.1f} us {:5.1f} % {:>15}  {}\n", least_[i] * 1e6,
                        100 * least_[i] / std::max(total, 1e-12), speed, rows_[i].label);
  }
  return text;
}

}  // namespace sepal::frozen
