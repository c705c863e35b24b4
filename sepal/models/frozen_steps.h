// The works of a frozen graph bound to shapes: what runs. Not a public header.
#pragma once

#include <cstdint>
#include <functional>

#include "sepal/models/frozen_graph.h"

namespace sepal::frozen {

/// Where a step finds its values. `workspace`: as many floats as it asked for.
struct StepArrays {
  const float* const* inputs;
  float* output;
  float* workspace;
};

struct Step {
  std::function<void(const StepArrays&)> run;
  std::int64_t workspace = 0;
  /// Whether the output may be the array of the first input.
  bool in_place = false;
  /// Which kernel, for the trace.
  const char* kernel = "";
  /// Of convolutions and products.
  std::int64_t multiply_adds = 0;
};

/// What `work`, which is no Call and no View, does with inputs of these shapes.
Step step_for(const Work& work, const Shapes& inputs, const Shape& output);

}  // namespace sepal::frozen
