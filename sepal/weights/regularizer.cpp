#include "sepal/weights/regularizer.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/matmul.h"
#include "sepal/ops/reduce.h"

namespace sepal {

void Regularizer::fill(Table& table) {
  table.add<regularizers::L1>({"l1"});
  table.add<regularizers::L2>({"l2"});
  table.add<regularizers::L1L2>({"l1l2"});
  // Keras 1 and 2 give this name factors of 0.01; Keras 3 refuses it, though its documentation uses it.
  table.add_as("l1_l2", regularizers::L1L2{.l1 = 0.01, .l2 = 0.01});
  table.add<regularizers::OrthogonalRegularizer>({"orthogonal_regularizer"});
}

// TensorFlow 1.4 has one class for the three, with factors rounded to float32.
void Regularizer::to_tf14(std::string& class_name, Json& config) {
  if (class_name != "L1" && class_name != "L2" && class_name != "L1L2") return;
  class_name = "L1L2";
  const auto rounded = [&](const char* key) {
    return static_cast<double>(static_cast<float>(config.value(key, 0.0)));
  };
  config = {{"l1", rounded("l1")}, {"l2", rounded("l2")}};
}

namespace regularizers {
namespace {

void check_factor(double value, const char* argument) {
  if (std::isfinite(value) && value >= 0.0) return;
  throw ValueError(fmt::format(
      "Invalid value for argument {0}: expected a non-negative float. Received: {0}={1}", argument, value));
}

// Keras 3.15 keeps these factors as float32 tensors, and its files show it: 0.009999999776482582.
double rounded_to_float32(double value) { return static_cast<double>(static_cast<float>(value)); }

Tensor sum_of_magnitudes(const Tensor& x) { return ops::sum(ops::abs(x)); }
Tensor sum_of_squares(const Tensor& x) { return ops::sum(ops::square(x)); }

}  // namespace

void L1::check() {
  check_factor(l1, "l1");
  l1 = rounded_to_float32(l1);
}

Tensor L1::operator()(const Tensor& x) const { return ops::multiply(sum_of_magnitudes(x), l1); }

void L2::check() const { check_factor(l2, "l2"); }

Tensor L2::operator()(const Tensor& x) const { return ops::multiply(sum_of_squares(x), l2); }

void L1L2::check() const {
  check_factor(l1, "l1");
  check_factor(l2, "l2");
}

Tensor L1L2::operator()(const Tensor& x) const {
  Tensor total = Tensor::scalar(0.0, x.dtype());
  if (l1 != 0.0) total = ops::add(total, ops::multiply(sum_of_magnitudes(x), l1));
  if (l2 != 0.0) total = ops::add(total, ops::multiply(sum_of_squares(x), l2));
  return total;
}

void OrthogonalRegularizer::check() {
  check_factor(factor, "factor");
  factor = rounded_to_float32(factor);
  if (mode != "rows" && mode != "columns") {
    throw ValueError(fmt::format(
        "Invalid value for argument `mode`. Expected one of {{\"rows\", \"columns\"}}. Received: mode={}",
        mode));
  }
}

Tensor OrthogonalRegularizer::operator()(const Tensor& x) const {
  if (x.rank() != 2) {
    throw ValueError(fmt::format(
        "Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape={}", x.shape().str()));
  }
  // The least norm that is divided by is epsilon (keras.ops.normalize).
  const double least_square = epsilon() * epsilon();
  const bool rows = mode == "rows";
  const std::int64_t axis = rows ? 1 : 0;
  const Tensor squares = ops::sum(ops::square(x), std::vector<std::int64_t>{axis}, true);
  const Tensor least = Tensor::full(squares.shape(), least_square, x.dtype());
  const Tensor unit = ops::divide(x, ops::sqrt(ops::maximum(squares, least)));
  const Tensor cosines = ops::matmul(unit, unit, !rows, rows);

  const std::int64_t size = cosines.shape()[0];
  Tensor off_diagonal = Tensor::ones(cosines.shape(), DType::float64);
  for (std::int64_t i = 0; i < size; ++i) off_diagonal.mutable_data<double>()[i * size + i] = 0.0;
  const double pairs = static_cast<double>(size) * static_cast<double>(size - 1) / 2.0;
  return ops::multiply(sum_of_magnitudes(ops::multiply(cosines, off_diagonal.astype(x.dtype()))),
                       factor * 0.5 / pairs);
}

}  // namespace regularizers
}  // namespace sepal
