// What the layers that draw random numbers in training share.
#pragma once

#include <utility>
#include <vector>

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/layers/regularization/seed_generator.h"

namespace sepal {

/// Lengths of the random mask before it is broadcast; kNone: that of the input. Empty: no such shape.
struct NoiseShape {
  std::vector<std::int64_t> dims = {};
};

void config_put(Json& out, const char* key, const NoiseShape& shape);
void config_get(const Json& in, const ConfigField& field, NoiseShape& shape);

/// The shape of the mask for an input of shape `input`.
/// @throws ValueError if there is not one length for each axis.
Shape mask_shape(const NoiseShape& noise_shape, const Shape& input);

/// @throws ValueError naming `argument` if `value` is not in [0, 1].
void expect_zero_to_one(const char* argument, double value);

/// Arguments of a layer with a rate and no more.
struct RateOptions {
  /// The share that is dropped, in [0, 1].
  double rate = 0.0;
  std::optional<std::int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("rate", o.rate);
    v("seed", o.seed);
  }
};

/// A layer that disturbs its input in training and is the identity else, and in training too if its amount
/// (`rate`, `stddev`) is 0.
template <class OptionsT>
class NoiseLayer : public ConfiguredLayer<OptionsT> {
 public:
  using typename ConfiguredLayer<OptionsT>::Options;

  /// As Keras stores it; a layer that never draws has none.
  std::vector<std::pair<std::string, std::vector<Variable>>> state_variables() const override {
    if (options_.*amount_ == 0.0) return {};
    return {{"seed_generator", {seed_generator_.state()}}};
  }

 protected:
  using ConfiguredLayer<OptionsT>::options_;

  /// @throws ValueError if the amount, which messages call `argument`, is not in [0, 1].
  NoiseLayer(const char* class_name, const char* argument, double OptionsT::*amount, Options options)
      : ConfiguredLayer<OptionsT>(class_name, std::move(options)),
        amount_(amount),
        seed_generator_(options_.seed) {
    expect_zero_to_one(argument, options_.*amount_);
    this->set_supports_masking();
  }

  /// `key`: for the random numbers of this call.
  virtual Tensor disturbed(const Tensor& input, std::uint64_t key) const = 0;

  Tensor call(const Tensor& input, const CallContext& context) override {
    if (!context.training || options_.*amount_ == 0.0) return input;
    return disturbed(input, seed_generator_.next());
  }

  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }

 private:
  double OptionsT::*amount_;
  SeedGenerator seed_generator_;
};

}  // namespace sepal
