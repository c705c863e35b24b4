#include "sepal/weights/initializer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/base/nested_numbers.h"
#include "sepal/base/random.h"
#include "sepal/ops/array.h"

namespace sepal {

void Initializer::fill(Table& table) {
  table.add<initializers::Zeros>({"zeros", "zero"});
  table.add<initializers::Ones>({"ones", "one"});
  table.add<initializers::Constant>({"constant"});
  table.add<initializers::RandomUniform>({"random_uniform", "uniform"});
  table.add<initializers::RandomNormal>({"random_normal", "normal"});
  table.add<initializers::TruncatedNormal>({"truncated_normal"});
  table.add<initializers::VarianceScaling>({"variance_scaling"});
  table.add<initializers::GlorotUniform>({"glorot_uniform"});
  table.add<initializers::GlorotNormal>({"glorot_normal"});
  table.add<initializers::HeUniform>({"he_uniform"});
  table.add<initializers::HeNormal>({"he_normal"});
  table.add<initializers::LecunUniform>({"lecun_uniform"});
  table.add<initializers::LecunNormal>({"lecun_normal"});
  table.add<initializers::Orthogonal>({"orthogonal", "OrthogonalInitializer"});
  table.add<initializers::Identity>({"identity", "IdentityInitializer"});
}

Initializer::Initializer(const Tensor& values) : Initializer(initializers::FixedValues{values}) {}

namespace {

// Turns the name of one of these Kinds into the VarianceScaling that it is.
template <class... Kinds>
void spell_out_scaling(std::string& class_name, Json& config) {
  const auto spell_out = [&](auto kind) {
    using Kind = decltype(kind);
    if (class_name != Kind::kName) return false;
    class_name = initializers::VarianceScaling::kName;
    config["scale"] = Kind::kScale;
    config["mode"] = Kind::kMode;
    config["distribution"] = Kind::kDistribution;
    return true;
  };
  (spell_out(Kinds{}) || ...);
}

}  // namespace

// TensorFlow 1.4 knows no axes of fans, puts the seed last and then a dtype, which its own classes had.
void Initializer::to_tf14(std::string& class_name, Json& config) {
  using namespace initializers;
  spell_out_scaling<GlorotUniformKind, GlorotNormalKind, HeUniformKind, HeNormalKind, LecunUniformKind,
                    LecunNormalKind>(class_name, config);
  config.erase("input_axes");
  config.erase("output_axes");
  if (config.contains("distribution") && config["distribution"] == "truncated_normal") {
    config["distribution"] = "normal";
  }
  if (class_name == Identity::kName && !config.contains("gain")) config["gain"] = 1.0;
  if (const auto seed = config.find("seed"); seed != config.end()) {
    const Json value = *seed;
    config.erase(seed);
    config["seed"] = value;
  }
  config["dtype"] = "float32";
}

namespace initializers {
namespace {

RandomStream stream_of(const Seed& seed) {
  return RandomStream(seed ? static_cast<std::uint64_t>(*seed) : next_random_key());
}

struct Fans {
  double in = 1.0;
  double out = 1.0;
};

double product_of(const Shape& shape, const IntTuple& axes) {
  double product = 1.0;
  for (const std::int64_t axis : axes.values()) {
    product *= static_cast<double>(shape[normalize_axis(axis, shape.rank())]);
  }
  return product;
}

Fans compute_fans(const Shape& shape, const FanAxes& input_axes, const FanAxes& output_axes) {
  if (input_axes && output_axes) return {product_of(shape, *input_axes), product_of(shape, *output_axes)};
  if (shape.empty()) return {};
  if (shape.rank() == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  double field = 1.0;
  for (int axis = 0; axis < shape.rank() - 2; ++axis) field *= static_cast<double>(shape[axis]);
  return {static_cast<double>(shape[-2]) * field, static_cast<double>(shape[-1]) * field};
}

// Makes the `count` vectors of `length` numbers in `a` orthonormal, one after another: the Q of a QR
// factorisation whose R has a positive diagonal. Each is cleared of its predecessors twice: once is not
// enough for float64 when vectors are nearly parallel.
void orthonormalize(std::vector<double>& a, std::int64_t count, std::int64_t length) {
  const auto dot = [&](const double* x, const double* y) {
    return std::inner_product(x, x + length, y, 0.0);
  };
  for (std::int64_t i = 0; i < count; ++i) {
    double* vector = a.data() + i * length;
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t j = 0; j < i; ++j) {
        const double* previous = a.data() + j * length;
        const double shared = dot(previous, vector);
        for (std::int64_t k = 0; k < length; ++k) vector[k] -= shared * previous[k];
      }
    }
    const double norm = std::sqrt(dot(vector, vector));
    for (std::int64_t k = 0; k < length; ++k) vector[k] /= norm;
  }
}

}  // namespace

Tensor Zeros::operator()(const Shape& shape, DType dtype) const { return Tensor::zeros(shape, dtype); }
Tensor Ones::operator()(const Shape& shape, DType dtype) const { return Tensor::ones(shape, dtype); }

Numbers::Numbers(std::initializer_list<double> list)
    : array_(Tensor::from(list, {static_cast<std::int64_t>(list.size())})) {}

void config_put(Json& out, const char* key, const Numbers& numbers) {
  out[key] = nested_numbers(numbers.array());
}

void config_get(const Json& in, const ConfigField& field, Numbers& numbers) {
  const Json* list = &in;
  if (in.is_object()) {
    const Json class_name = in.value("class_name", Json());
    const auto config = in.find("config");
    const bool is_array = class_name == "__numpy__" || class_name == "__tensor__";
    if (!is_array || config == in.end() || !config->is_object() || !config->contains("value")) {
      config_type_error(field, "a number or an array of numbers", in);
    }
    list = &config->at("value");
  }
  numbers = nested_numbers_from(*list, field);
}

Tensor Constant::operator()(const Shape& shape, DType dtype) const {
  const Tensor& array = value.array();
  if (array.rank() == 0) return Tensor::full(shape, array.item(), dtype);
  const Tensor numbers = array.astype(DType::float64);
  if (compatibility() != Compatibility::tf14) return ops::broadcast_to(numbers, shape).astype(dtype);

  const std::int64_t given = numbers.num_elements();
  const std::int64_t wanted = shape.num_elements();
  if (given == 0 || given > wanted) {
    throw ValueError(fmt::format("Cannot fill shape {} with a list of {} numbers.", shape.str(), given));
  }
  Tensor result = Tensor::full(shape, numbers.at(given - 1), DType::float64);
  std::copy_n(numbers.data<double>(), given, result.mutable_data<double>());
  return result.astype(dtype);
}

Tensor FixedValues::operator()(const Shape& shape, DType dtype) const {
  const Tensor& array = value.array();
  if (array.shape() != shape) {
    throw ValueError(
        fmt::format("Expected `shape` to be {} for direct tensor as initializer. Received: shape={}",
                    array.shape().str(), shape.str()));
  }
  return array.astype(dtype);
}

Tensor RandomUniform::operator()(const Shape& shape, DType dtype) const {
  RandomStream stream = stream_of(seed);
  return random_uniform(shape, minval, maxval, dtype, stream);
}

Tensor RandomNormal::operator()(const Shape& shape, DType dtype) const {
  RandomStream stream = stream_of(seed);
  return random_normal(shape, mean, stddev, dtype, stream);
}

Tensor TruncatedNormal::operator()(const Shape& shape, DType dtype) const {
  RandomStream stream = stream_of(seed);
  return random_truncated_normal(shape, mean, stddev, dtype, stream);
}

void VarianceScaling::check() {
  if (!(scale > 0.0)) {
    throw ValueError(fmt::format("Argument `scale` must be positive float. Received: scale={}", scale));
  }
  if (mode != "fan_in" && mode != "fan_out" && mode != "fan_avg") {
    throw ValueError(fmt::format(
        "Invalid `mode` argument: {}. Please use one of {{'fan_in', 'fan_out', 'fan_avg'}}", mode));
  }
  // The name that Keras 2.0 and TensorFlow 1 wrote.
  if (distribution == "normal") distribution = "truncated_normal";
  distribution =
      standardize_choice(distribution, {"uniform", "truncated_normal", "untruncated_normal"}, "distribution");
}

Tensor VarianceScaling::operator()(const Shape& shape, DType dtype) const {
  // Standard deviation of the standard normal distribution cut off at -2 and 2.
  constexpr double kTruncatedStddev = 0.87962566103423978;
  const Fans fans = compute_fans(shape, input_axes, output_axes);
  const double fan = mode == "fan_in" ? fans.in : mode == "fan_out" ? fans.out : (fans.in + fans.out) / 2.0;
  const double variance = scale / std::max(1.0, fan);
  RandomStream stream = stream_of(seed);
  if (distribution == "uniform") {
    const double limit = std::sqrt(3.0 * variance);
    return random_uniform(shape, -limit, limit, dtype, stream);
  }
  const double stddev = std::sqrt(variance);
  if (distribution == "untruncated_normal") return random_normal(shape, 0.0, stddev, dtype, stream);
  return random_truncated_normal(shape, 0.0, stddev / kTruncatedStddev, dtype, stream);
}

Tensor Orthogonal::operator()(const Shape& shape, DType dtype) const {
  if (shape.rank() < 2) {
    throw ValueError(fmt::format(
        "The tensor to initialize must be at least two-dimensional. Received: shape={} of rank {}.",
        shape.str(), shape.rank()));
  }
  const std::int64_t rows = shape.slice(0, shape.rank() - 1).num_elements();
  const std::int64_t cols = shape.back();
  const std::int64_t longer = std::max(rows, cols);
  const std::int64_t shorter = std::min(rows, cols);
  RandomStream stream = stream_of(seed);
  std::vector<double> q(static_cast<std::size_t>(longer * shorter));
  for (double& value : q) value = stream.next_normal();
  orthonormalize(q, shorter, longer);

  Tensor result(shape, DType::float64);
  double* out = result.mutable_data<double>();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t col = 0; col < cols; ++col) {
      const std::int64_t index = rows >= cols ? col * longer + row : row * longer + col;
      out[row * cols + col] = gain * q[static_cast<std::size_t>(index)];
    }
  }
  return result.astype(dtype);
}

Tensor Identity::operator()(const Shape& shape, DType dtype) const {
  if (shape.rank() != 2) {
    throw ValueError(fmt::format(
        "Identity matrix initializer can only be used for 2D matrices. Received: shape={} of rank {}.",
        shape.str(), shape.rank()));
  }
  Tensor result = Tensor::zeros(shape, DType::float64);
  double* out = result.mutable_data<double>();
  for (std::int64_t i = 0; i < std::min(shape[0], shape[1]); ++i) out[i * shape[1] + i] = gain;
  return result.astype(dtype);
}

}  // namespace initializers
}  // namespace sepal
