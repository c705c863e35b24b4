// Three layers of one's own: with weights and arguments, as short as can be, and made of other layers.
//
// A layer needs a class that says what `call` computes, a handle, and a line that makes its name known to
// files (register_own_layers). Everything else has a default.
#pragma once

#include <sepal/sepal.h>

namespace own_layer {

using namespace sepal;

// ---- With weights and arguments ----

// The arguments. `visit` names those that a file keeps: writing a config, reading one and refusing unknown
// keys follow from it. name, trainable and dtype are every layer's; files keep them without being told.
struct QuadraticOptions {
  std::int64_t units = 0;
  ActivationFunction activation = nullptr;
  Initializer kernel_initializer = "glorot_uniform";
  Regularizer kernel_regularizer = nullptr;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("units", o.units);
    v("activation", o.activation);
    v("kernel_initializer", o.kernel_initializer);
    v("kernel_regularizer", o.kernel_regularizer);
  }
};

// activation(x A + x² B + b): (batch, features) -> (batch, units).
class QuadraticLayer : public ConfiguredLayer<QuadraticOptions> {
 public:
  // "Quadratic" is the class's name in files, and in snake case the layer's, if the user gives none.
  explicit QuadraticLayer(Options options) : ConfiguredLayer("Quadratic", std::move(options)) {
    // Where the user's value enters is the place to refuse it.
    if (options_.units <= 0)
      throw ValueError("`units` must be positive. Received: " + std::to_string(options_.units));
    // Checked before each call, with Keras's message.
    set_input_spec({.ndim = 2});
  }

 protected:
  // Runs once, when the shape of the input is known; its first axis is the batch.
  void build(const Shape& input_shape) override {
    const Shape shape{input_shape.back(), options_.units};
    linear_ = add_weight({.shape = shape,
                          .initializer = options_.kernel_initializer,
                          .name = "linear",
                          .regularizer = options_.kernel_regularizer});
    square_ = add_weight({.shape = shape,
                          .initializer = options_.kernel_initializer,
                          .name = "square",
                          .regularizer = options_.kernel_regularizer});
    bias_ = add_weight({.shape = {options_.units}, .initializer = "zeros", .name = "bias"});
  }

  // Written in ops, it can be trained: each op knows its own derivative.
  Tensor call(const Tensor& x, const CallContext&) override {
    const Tensor sum =
        ops::add(ops::matmul(x, linear_.value()), ops::matmul(ops::square(x), square_.value()));
    return options_.activation(ops::add(sum, bias_.value()));
  }

  Shape compute_output_shape(const Shape& input_shape) override { return {input_shape[0], options_.units}; }

 private:
  Variable linear_;
  Variable square_;
  Variable bias_;
};

// How programs hold the layer: Quadratic({.units = 4}).
using Quadratic = Ref<QuadraticLayer>;

// ---- As short as can be ----

struct MomentsOptions {
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};
  template <class Self, class Visitor>
  static void visit(Self&, Visitor&) {}
};

// Mean and mean square over the steps: (batch, steps, features) -> (batch, 2 features). Without
// compute_output_shape the library finds the shape itself, by a call on zeros.
class MomentsLayer : public ConfiguredLayer<MomentsOptions> {
 public:
  explicit MomentsLayer(Options options) : ConfiguredLayer("Moments", std::move(options)) {}

 protected:
  Tensor call(const Tensor& x, const CallContext&) override {
    return ops::concatenate({ops::mean(x, {{1}}), ops::mean(ops::square(x), {{1}})}, -1);
  }
};
using Moments = Ref<MomentsLayer>;

// ---- Made of other layers ----

struct ResidualOptions {
  std::int64_t hidden = 8;
  double dropout = 0.0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("hidden", o.hidden);
    v("dropout", o.dropout);
  }
};

// x + narrow(dropout(wide(x))): (batch, features) -> the same.
class ResidualLayer : public ConfiguredLayer<ResidualOptions> {
 public:
  explicit ResidualLayer(Options options)
      : ConfiguredLayer("Residual", std::move(options)),
        wide_({.units = options_.hidden, .activation = "relu"}),
        dropout_({.rate = options_.dropout, .seed = 1}) {}

  // The layers inside: their weights become weights of this layer, to be trained, frozen and saved with it.
  std::vector<std::shared_ptr<Layer>> sublayers() const override {
    std::vector<std::shared_ptr<Layer>> layers{wide_.shared(), dropout_.shared()};
    if (narrow_) layers.push_back(narrow_.shared());
    return layers;
  }
  // The names under which files keep them: those of the attributes of a Keras class that is written likewise.
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> attribute_sublayers() const override {
    std::vector<std::pair<std::string, std::shared_ptr<Layer>>> layers{{"wide", wide_.shared()},
                                                                       {"dropout", dropout_.shared()}};
    if (narrow_) layers.emplace_back("narrow", narrow_.shared());
    return layers;
  }

 protected:
  // `narrow` can only be made here, because its units are the features of the input.
  void build(const Shape& input_shape) override {
    narrow_ = layers::Dense({.units = input_shape.back()});
    wide_->build_for(Shapes{input_shape});
    narrow_->build_for(Shapes{{input_shape[0], options_.hidden}});
  }

  // `call_within` instead of `()`: it hands on whether this is training, and the losses that layers add.
  Tensor call(const Tensor& x, const CallContext& context) override {
    Tensors y = wide_->call_within({x}, context);
    y = dropout_->call_within(y, context);
    y = narrow_->call_within(y, context);
    return ops::add(x, y[0]);
  }

  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }

 private:
  layers::Dense wide_;
  layers::Dropout dropout_;
  layers::Dense narrow_ = nullptr;
};
using Residual = Ref<ResidualLayer>;

// Once, at the start of the program, before a file is read.
inline void register_own_layers() {
  register_layer<QuadraticLayer>("Quadratic");
  register_layer<MomentsLayer>("Moments");
  register_layer<ResidualLayer>("Residual");
}

}  // namespace own_layer
