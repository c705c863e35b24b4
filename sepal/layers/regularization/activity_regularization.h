// ActivityRegularization (keras.layers.ActivityRegularization).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct ActivityRegularizationOptions {
  double l1 = 0.0;
  double l2 = 0.0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("l1", o.l1);
    v("l2", o.l2);
  }
};

/// The identity; adds l1 * sum |x| + l2 * sum x², divided by the batch size, to the losses.
class ActivityRegularizationLayer : public ConfiguredLayer<ActivityRegularizationOptions> {
 public:
  explicit ActivityRegularizationLayer(Options options);

  /// l1 and l2 say it all: Keras does not write the regularizer.
  Json get_config() const override;

 protected:
  Tensor call(const Tensor& input, const CallContext&) override { return input; }
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }
};

namespace layers {
using ActivityRegularization = Ref<ActivityRegularizationLayer>;
}

}  // namespace sepal
