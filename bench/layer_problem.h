// One convolution layer as benchmarks time it: its sizes, its data, and the call that a user would write.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"
#include "sepal/ops/conv.h"

namespace sepal::bench {

/// What is timed: a SeparableConv2D forward, the same and all of its gradients, or the Conv2D of the same
/// sizes forward.
enum class Work { forward, training_step, conv2d };

/// "sep", "train" or "conv".
/// @throws ValueError for anything else.
Work work_from_kind(const std::string& kind);

struct LayerProblem {
  std::string name;
  std::int64_t batch = 1, height = 0, width = 0, channels = 0, filters = 0;
  std::int64_t kernel_h = 3, kernel_w = 3, stride = 1, dilation = 1, depth_multiplier = 1;
  std::string padding = "same";
  std::string data_format = "channels_last";

  /// An entry of shapes.json or a request of the line protocol, whose "n" is the batch (default 1).
  static LayerProblem from_json(const Json& entry);

  /// Lengths of the output image, and cells of padding before the first row and column.
  std::int64_t out_height() const;
  std::int64_t out_width() const;
  std::int64_t pad_top() const;
  std::int64_t pad_left() const;

  /// Operations: two for a multiply-add, padding counted in full, a training step as three forwards.
  double flops(Work work) const;
  /// Bytes of the tensors that a caller sees, each read or written once.
  double bytes(Work work) const;
};

/// The problem as ops take it.
ops::Conv2DOptions options_of(const LayerProblem& problem);

/// What every contender computes with. Kernels: (kh, kw, channels, depth_multiplier), (1, 1, channels *
/// depth_multiplier, filters) and, of the Conv2D, (kh, kw, channels, filters). Images as data_format says.
struct LayerData {
  LayerData(const LayerProblem& problem, Work work);
  Tensor x, depthwise, pointwise, bias, conv_kernel, output_gradient;
};

/// Numbers in [-0.5, 0.5) that every contender can make: a hash of the index and `seed`.
Tensor hashed_tensor(const Shape& shape, std::uint64_t seed);

/// A built layer, its weights and its input. Each call does the work once and returns the output and, of a
/// training step, the gradients of x, of both kernels and of the bias.
std::function<Tensors()> ready_layer(const LayerProblem& problem, Work work);

/// The entries of bench/shapes.json.
struct ListedLayer {
  LayerProblem problem;
  std::string group;
  bool in_training_list;
};
std::vector<ListedLayer> listed_layers();

}  // namespace sepal::bench
