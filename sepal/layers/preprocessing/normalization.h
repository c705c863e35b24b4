// Normalization (keras.layers.Normalization).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

/// A number, or numbers in nested lists; not defined: not given.
class StatisticsArgument {
 public:
  StatisticsArgument() = default;
  StatisticsArgument(double value) : values_(Tensor::scalar(value, DType::float64)) {}  // NOLINT
  StatisticsArgument(const std::vector<double>& values);                                // NOLINT
  StatisticsArgument(std::initializer_list<double> values)
      : StatisticsArgument(std::vector<double>(values)) {}
  StatisticsArgument(const Tensor& values) : values_(values.astype(DType::float64)) {}  // NOLINT

  bool is_given() const { return values_.defined(); }
  /// float64.
  const Tensor& values() const { return values_; }

 private:
  Tensor values_;
};

void config_put(Json& out, const char* key, const StatisticsArgument& value);
/// @throws TypeError as nested_numbers_from.
void config_get(const Json& in, const ConfigField& field, StatisticsArgument& value);

struct NormalizationOptions {
  /// Axes that keep statistics of their own; empty (Keras: None): one mean for everything.
  std::optional<IntTuple> axis = IntTuple(-1);
  StatisticsArgument mean = {};
  StatisticsArgument variance = {};
  bool invert = false;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("invert", o.invert);
    v("mean", o.mean);
    v("variance", o.variance);
  }
};

/// (x - mean) / max(sqrt(variance), epsilon) in the layer's dtype, for x of any dtype; `invert`: the reverse.
/// Without a given mean the weights mean, variance and count hold what `adapt` found (at first 0, 1 and 0;
/// like Keras, `adapt` leaves the count alone).
class NormalizationLayer : public ConfiguredLayer<NormalizationOptions> {
 public:
  /// @throws ValueError if only one of mean and variance is given, or their shapes do not fit.
  explicit NormalizationLayer(Options options);

  /// Mean and variance of the data replace those that were; builds the layer if needed.
  /// @throws ValueError if the data do not fit the shape that the layer was built for, or are empty.
  void adapt(const Tensor& data) { adapt(Tensors{data}); }
  /// The same for data in several batches.
  void adapt(const Tensors& batches);

 protected:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }

 private:
  // In the layer's dtype and the shape that broadcasts against an input.
  Tensor broadcast_mean() const;
  Tensor broadcast_variance() const;
  Tensor laid_out(const Tensor& given) const;

  std::vector<int> keep_axes_;
  std::vector<std::int64_t> reduce_axes_;
  Shape broadcast_shape_;
  Variable mean_;
  Variable variance_;
  Variable count_;
};

namespace layers {
using Normalization = Ref<NormalizationLayer>;
}

}  // namespace sepal
