// Dot: sums of products of two inputs along an axis of each (keras.layers.Dot).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct DotOptions {
  /// The axis to sum over, or one for each input; not the batch axis. Keras has no default.
  IntTuple axes = -1;
  /// Whether to divide the vectors by their Euclidean norms first: the result is then the cosine.
  bool normalize = false;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  static constexpr std::initializer_list<const char*> kRequired = {"axes"};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axes", o.axes);
    v("normalize", o.normalize);
  }
};

/// Two inputs (batch, …): the axes of the first without its own, then those of the second without its own and
/// the batch; (batch, 1) if nothing else is left.
class DotLayer : public ConfiguredLayer<DotOptions> {
 public:
  explicit DotLayer(Options options);

 protected:
  /// @throws ValueError if there are not two inputs, an axis is the batch or out of bounds, or lengths
  /// differ.
  void build_all(const Shapes& input_shapes) override;
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Shapes compute_output_shapes(const Shapes& input_shapes) override;
  /// Inputs may have masks; the output has none.
  Tensors compute_masks(const Tensors&, const Tensors&) override { return {}; }

 private:
  /// Of input 0 or 1, counted from the front.
  int axis_of(std::size_t input, const Shape& shape) const;
};

namespace layers {
using Dot = Ref<DotLayer>;
}

}  // namespace sepal
