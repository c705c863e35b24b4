// EinsumDense: a product with a kernel over named axes (keras.layers.EinsumDense).
#pragma once

#include "sepal/layers/activation_function.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

/// Lengths of the result's axes behind the batch; kNone where they follow from the input. A single number is
/// a list of one.
struct EinsumOutputShape {
  EinsumOutputShape(std::int64_t length = 0) : shape{length} {}  // NOLINT: as Keras takes it
  EinsumOutputShape(std::initializer_list<std::int64_t> lengths) : shape(lengths) {}  // NOLINT
  Shape shape;
};

void config_put(Json& out, const char* key, const EinsumOutputShape& value);
void config_get(const Json& in, const ConfigField& field, EinsumOutputShape& value);

/// Names of axes; none: no bias.
struct EinsumBiasAxes {
  EinsumBiasAxes(const char* axes = "") : names(axes) {}        // NOLINT
  EinsumBiasAxes(std::string axes) : names(std::move(axes)) {}  // NOLINT
  std::string names;
};

void config_put(Json& out, const char* key, const EinsumBiasAxes& value);
void config_get(const Json& in, const ConfigField& field, EinsumBiasAxes& value);

struct EinsumDenseOptions {
  /// "abc,cd->abd", "...x,xy->...y" or "ab...,bc->ac...": input, kernel, result.
  std::string equation = {};
  EinsumOutputShape output_shape = {};
  ActivationFunction activation = nullptr;
  EinsumBiasAxes bias_axes = {};
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  static constexpr std::initializer_list<const char*> kRequired = {"equation", "output_shape"};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("output_shape", o.output_shape);
    v("equation", o.equation);
    v("activation", o.activation);
    v("bias_axes", o.bias_axes);
    v("kernel_initializer", o.kernel_initializer);
    v("bias_initializer", o.bias_initializer);
    v("kernel_regularizer", o.kernel_regularizer);
    v("bias_regularizer", o.bias_regularizer);
    v("activity_regularizer", o.activity_regularizer);
    v("kernel_constraint", o.kernel_constraint);
    v("bias_constraint", o.bias_constraint);
  }
};

/// Weights: kernel, with an axis for each letter between ',' and '->', and bias, broadcast against the
/// result.
class EinsumDenseLayer : public ConfiguredLayer<EinsumDenseOptions> {
 public:
  /// @throws ValueError if the equation has another form.
  explicit EinsumDenseLayer(Options options);

 protected:
  /// @throws ValueError if the input, the equation and output_shape do not fit.
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
  void put_config(Json& config) const override;

 private:
  struct Equation {
    std::string input, kernel, output;
    enum class Elided { none, left, right } elided = Elided::none;
  };
  /// The equation for inputs of this rank: a letter for each axis.
  struct Spelled {
    std::string input, kernel, output;
  };

  Spelled spelled_for(const Shape& input_shape) const;
  std::int64_t length_of(char axis, const Spelled& spelled, const Shape& input_shape,
                         const Shape& output_shape) const;
  Shape bias_shape(const Spelled& spelled, const Shape& output_shape) const;

  Equation equation_;
  Variable kernel_;
  Variable bias_;
};

namespace layers {
using EinsumDense = Ref<EinsumDenseLayer>;
}

}  // namespace sepal
