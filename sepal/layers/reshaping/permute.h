// Permute (keras.layers.Permute).
#pragma once

#include "sepal/layers/ref.h"
#include "sepal/layers/reshaping/moving_layer.h"

namespace sepal {

struct PermuteOptions {
  /// Axis i + 1 of the result is axis dims[i] of the input; the batch axis, 0, is not named.
  IntTuple dims = IntTuple(std::vector<std::int64_t>{});
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("dims", o.dims);
  }
};

class PermuteLayer : public MovingLayer<PermuteOptions> {
 public:
  /// @throws ValueError if `dims` is not a permutation of 1, 2, ….
  explicit PermuteLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

namespace layers {
using Permute = Ref<PermuteLayer>;
}

}  // namespace sepal
