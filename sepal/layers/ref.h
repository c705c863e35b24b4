// Ref: the handle by which users hold layers. Copies share the layer, as Python names do.
//
//   layers::Dense dense({.units = 10});   // a handle to a new layer
//   Tensor y = dense(x);                  // computes
//   KerasTensor z = dense(image);         // records a call for a model
//   dense->get_weights();                 // the contract
#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include "sepal/layers/layer.h"

namespace sepal {

/// @throws ValueError if `outputs` is not 1, pointing to Ref::all.
void expect_one_output(std::size_t outputs, const Layer& layer);

/// @throws RuntimeError always.
[[noreturn]] void throw_empty_handle();

namespace detail {

// Stands for the options of a class that has none (Layer); never made.
struct NoOptions {
  NoOptions() = delete;
};

template <class L>
struct OptionsOfLayer {
  using Type = NoOptions;
};

template <class L>
requires requires { typename L::Options; }
struct OptionsOfLayer<L> {
  using Type = typename L::Options;
};

}  // namespace detail

template <class L>
using OptionsOf = typename detail::OptionsOfLayer<L>::Type;

template <class L>
class Ref {
 public:
  Ref(std::nullptr_t) {}  // NOLINT: an empty handle

  /// A layer with default options.
  Ref() requires requires { typename L::Options; } : layer_(std::make_shared<L>(typename L::Options{})) {
  }
  /// Without options of its own (Ref<Layer>): empty.
  Ref() requires(!requires { typename L::Options; }) {}

  Ref(OptionsOf<L> options)
      : layer_(std::make_shared<L>(std::move(options))) {}  // NOLINT: Dense({.units = 10})

  /// As above with what any layer may be given: `Dense({.units = 3}, {.input_shape = {{5}}})`.
  Ref(OptionsOf<L> options, LayerKeywords keywords) : Ref(std::move(options)) {
    layer_->set_keywords(std::move(keywords));
  }

  explicit Ref(std::shared_ptr<L> layer) : layer_(std::move(layer)) {}

  /// A layer of this class from the arguments in a config; neither weights nor connections.
  /// @throws TypeError if a key is missing or not understood, ValueError for a value that it does not take.
  static Ref from_config(const Json& config);

  template <std::derived_from<L> D>
  requires(!std::same_as<D, L>) Ref(const Ref<D>& other) : layer_(other.shared()) {}  // NOLINT

  /// @throws RuntimeError if the handle is empty.
  L* operator->() const { return &**this; }
  L& operator*() const {
    if (!layer_) throw_empty_handle();
    return *layer_;
  }
  explicit operator bool() const { return layer_ != nullptr; }
  const std::shared_ptr<L>& shared() const { return layer_; }
  /// The same layer, not an equal one.
  bool operator==(const Ref& other) const { return layer_ == other.layer_; }

  Tensor operator()(const Tensor& input, CallOptions options = {}) const { return (**this)(input, options); }
  /// Several inputs, one output.
  Tensor operator()(const Tensors& inputs, CallOptions options = {}) const {
    return only((**this)(inputs, options));
  }
  KerasTensor operator()(const KerasTensor& input) const {
    return only((**this)(KerasTensors{input}, false));
  }
  KerasTensor operator()(const KerasTensors& inputs) const { return only((**this)(inputs, true)); }

  /// All outputs of a layer or model that has several.
  Tensors all(const Tensors& inputs, CallOptions options = {}) const { return (**this)(inputs, options); }
  KerasTensors all(const KerasTensors& inputs) const { return (**this)(inputs, true); }

 private:
  template <class T>
  T only(std::vector<T> outputs) const {
    expect_one_output(outputs.size(), *layer_);
    return std::move(outputs[0]);
  }

  std::shared_ptr<L> layer_;
};

}  // namespace sepal
