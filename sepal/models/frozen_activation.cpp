#include "sepal/models/frozen_activation.h"

#include "sepal/kernels/elementwise.h"
#include "sepal/kernels/float_math.h"
#include "sepal/layers/activation_function.h"

namespace sepal::frozen {
namespace {

using Kind = Activation::Kind;

struct Row {
  const char* name;
  Kind kind;
};

constexpr Row kRows[] = {
    {"linear", Kind::linear},
    {"relu", Kind::relu},
    {"relu6", Kind::relu6},
    {"silu", Kind::silu},
    {"hard_silu", Kind::hard_silu},
    {"sigmoid", Kind::sigmoid},
    {"hard_sigmoid", Kind::hard_sigmoid},
    {"tanh", Kind::tanh},
    {"leaky_relu", Kind::leaky_relu},
};

// Comparisons keep NaN, as those of the ops do.
[[gnu::always_inline]] inline float relu(float x) { return x < 0.0F ? 0.0F : x; }
[[gnu::always_inline]] inline float relu6(float x) {
  const float positive = relu(x);
  return positive > 6.0F ? 6.0F : positive;
}
[[gnu::always_inline]] inline float hard_sigmoid(float x) { return relu6(x + 3.0F) / 6.0F; }

}  // namespace

std::optional<Activation> activation_of(const ActivationFunction& function) {
  if (function.is_linear()) return Activation{};
  if (function.layer() || !function.registered_name().empty()) return std::nullopt;
  for (const Row& row : kRows) {
    // The function of that name has arguments of its own.
    if (row.kind == Kind::leaky_relu) continue;
    if (function.name() == row.name) return Activation{row.kind};
  }
  return std::nullopt;
}

std::optional<kernels::Clamp> Activation::clamp() const {
  if (kind == Kind::linear) return kernels::Clamp{};
  if (kind == Kind::relu) return kernels::Clamp{.lower = 0.0F};
  if (kind == Kind::relu6) return kernels::Clamp{0.0F, 6.0F};
  return std::nullopt;
}

std::string name_of(const Activation& activation) {
  for (const Row& row : kRows) {
    if (row.kind == activation.kind) return row.name;
  }
  return {};
}

void apply(const Activation& activation, std::int64_t count, const float* x, float* y) {
  switch (activation.kind) {
    case Kind::linear:
      if (x != y)
        kernels::map(
            count, [](float v) { return v; }, y, x);
      return;
    case Kind::relu:
      return kernels::map(
          count, [](float v) { return relu(v); }, y, x);
    case Kind::relu6:
      return kernels::map(
          count, [](float v) { return relu6(v); }, y, x);
    case Kind::leaky_relu: {
      const float slope = activation.negative_slope;
      return kernels::map(
          count, [slope](float v) { return v > 0.0F ? v : v * slope; }, y, x);
    }
    case Kind::silu:
      return kernels::map(
          count, [](float v) { return v * kernels::sigmoid(v); }, y, x);
    case Kind::hard_silu:
      return kernels::map(
          count, [](float v) { return v * hard_sigmoid(v); }, y, x);
    case Kind::sigmoid:
      return kernels::map(
          count, [](float v) { return kernels::sigmoid(v); }, y, x);
    case Kind::hard_sigmoid:
      return kernels::map(
          count, [](float v) { return hard_sigmoid(v); }, y, x);
    case Kind::tanh:
      return kernels::map(
          count, [](float v) { return kernels::tanh(v); }, y, x);
  }
}

}  // namespace sepal::frozen
