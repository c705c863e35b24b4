#include "sepal/kernels/broadcast.h"

namespace sepal::kernels {

BroadcastPlan plan_broadcast(const Shape& a, const Shape& b, const Shape& out) {
  BroadcastPlan plan;
  plan.count = out.num_elements();
  std::int64_t elements_a = 1;  // of the axes seen so far, innermost first
  std::int64_t elements_b = 1;
  for (int i = 1; i <= out.rank(); ++i) {
    const std::int64_t length = out[-i];
    if (length == 1) continue;
    const bool moves_a = i <= a.rank() && a[-i] != 1;
    const bool moves_b = i <= b.rank() && b[-i] != 1;
    const BroadcastAxis axis{length, moves_a ? elements_a : 0, moves_b ? elements_b : 0};
    if (moves_a) elements_a *= length;
    if (moves_b) elements_b *= length;
    const bool joins = !plan.axes.empty() && moves_a == (plan.axes.back().stride_a != 0) &&
                       moves_b == (plan.axes.back().stride_b != 0);
    if (joins) {
      plan.axes.back().length *= length;
    } else {
      plan.axes.push_back(axis);
    }
  }
  if (plan.axes.empty()) plan.axes.push_back({1, 1, 1});
  std::reverse(plan.axes.begin(), plan.axes.end());
  return plan;
}

}  // namespace sepal::kernels
