// The activations that a frozen plan knows: those that can be applied where a result is made. Not a public
// header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sepal/kernels/epilogue.h"

namespace sepal {
class ActivationFunction;
}

namespace sepal::frozen {

struct Activation {
  enum class Kind { linear, relu, relu6, leaky_relu, silu, hard_silu, sigmoid, hard_sigmoid, tanh };
  Kind kind = Kind::linear;
  float negative_slope = 0.0F;  // of leaky_relu

  bool is_linear() const { return kind == Kind::linear; }
  /// The same as bounds, for kernels that apply it in registers; nothing if it is none.
  std::optional<kernels::Clamp> clamp() const;
  bool operator==(const Activation&) const = default;
};

/// Nothing if the function is another.
std::optional<Activation> activation_of(const ActivationFunction& function);

/// For the trace: "relu6".
std::string name_of(const Activation& activation);

/// y[i] = f(x[i]); y may be x. As ops of the same names compute it, bit for bit.
void apply(const Activation& activation, std::int64_t count, const float* x, float* y);

}  // namespace sepal::frozen
