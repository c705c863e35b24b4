// PReLU: a leaky ReLU that learns its slopes (keras.layers.PReLU; He et al. 2015).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

/// Axes (from 1) along which one slope serves all elements; empty: none, written as null.
struct SharedAxes {
  std::vector<std::int64_t> axes = {};

  SharedAxes() = default;
  SharedAxes(std::initializer_list<std::int64_t> list) : axes(list) {}
};

void config_put(Json& out, const char* key, const SharedAxes& axes);
void config_get(const Json& in, const ConfigField& field, SharedAxes& axes);

struct PReLUOptions {
  Initializer alpha_initializer = "Zeros";
  Regularizer alpha_regularizer = nullptr;
  Constraint alpha_constraint = nullptr;
  SharedAxes shared_axes = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("alpha_initializer", o.alpha_initializer);
    v("alpha_regularizer", o.alpha_regularizer);
    v("alpha_constraint", o.alpha_constraint);
    v("shared_axes", o.shared_axes);
  }
};

/// x where x > 0, else alpha * x. Weight: alpha, the input's shape without the batch axis, 1 on shared axes.
class PReLULayer : public ConfiguredLayer<PReLUOptions> {
 public:
  explicit PReLULayer(Options options) : ConfiguredLayer("PReLU", std::move(options)) {
    set_supports_masking();
  }

 protected:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }

 private:
  Variable alpha_;
};

namespace layers {
using PReLU = Ref<PReLULayer>;
}

}  // namespace sepal
