// One convolution layer as benchmarks time it: its sizes, its data, and the call that a user would write.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal::bench {

/// What is timed: a SeparableConv2D forward, the same and all of its gradients, or the Conv2D of the same
/// sizes forward.
enum class Work { forward, training_step, conv2d };

struct LayerProblem {
  std::string name;
  std::int64_t batch = 1, height = 0, width = 0, channels = 0, filters = 0;
  std::int64_t kernel_h = 3, kernel_w = 3, stride = 1, dilation = 1, depth_multiplier = 1;
  std::string padding = "same";
  std::string data_format = "channels_last";

  /// Operations: two for a multiply-add, padding counted in full, a training step as three forwards.
  double flops(Work work) const;
  /// Bytes of the tensors that a caller sees: read once and written once each.
  double bytes(Work work) const;
};

/// `count` numbers in [-0.5, 0.5) that every contender can make: a hash of the index and `seed`.
std::vector<float> hashed_numbers(std::int64_t count, std::uint64_t seed);

/// A built layer, its weights and its inputs. Each call does the work once and returns the output and, of a
/// training step, the gradients of x, of both kernels and of the bias.
std::function<Tensors()> ready_layer(const LayerProblem& problem, Work work);

}  // namespace sepal::bench
