// Input: where a model's data enter (keras.Input, keras.layers.InputLayer).
#pragma once

#include "sepal/layers/layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

/// Stands for an argument that was not given; no shape has this length.
inline const Shape kNotGiven{-2};

struct InputOptions {
  /// Without the batch axis; kNone for an unknown length.
  Shape shape = kNotGiven;
  std::int64_t batch_size = kNone;
  /// Empty: floatx().
  std::string dtype = {};
  /// With the batch axis, instead of `shape`.
  Shape batch_shape = kNotGiven;
  std::string name = {};
};

class InputLayer : public Layer {
 public:
  using Options = InputOptions;
  explicit InputLayer(Options options);

  const Shape& batch_shape() const { return batch_shape_; }
  DType input_dtype() const { return input_dtype_; }

  /// The node of an InputLayer exists from its birth.
  KerasTensor tensor();

  static std::shared_ptr<Layer> from_config(const Json& config, const std::string& owner);
  /// An input has neither `trainable` nor a dtype policy in its config.
  Json get_config() const override;

 protected:
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Shapes compute_output_shapes(const Shapes& input_shapes) override;
  bool casts_inputs() const override { return false; }

 private:
  Shape batch_shape_;
  DType input_dtype_;
};

/// A symbolic tensor to build a model on.
/// @throws ValueError if neither or both of `shape` and `batch_shape` are given; RuntimeError in eager mode.
KerasTensor Input(InputOptions options);

}  // namespace sepal
